"""The working calendar as it is shown: which days count for what is expected."""
