"""Reads of progress."""
