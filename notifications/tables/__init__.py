"""The tables of the notifications database."""
