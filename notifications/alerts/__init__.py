"""Raise, worsen, acknowledge, resolve."""
