"""Whose alerts are: the organisations that see them, and act on them, as their own."""
