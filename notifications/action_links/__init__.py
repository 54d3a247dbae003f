"""The page behind the link of a mail: acknowledge an alert, or report on it, without an account."""
