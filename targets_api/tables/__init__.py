"""The tables of the targets database."""
