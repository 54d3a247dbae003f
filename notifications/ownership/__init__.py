"""Whose alerts are: the organisations that see them, and act on them, as their own.

It has a table of its own below deliveries and alerts, since both are narrowed by it.
"""
