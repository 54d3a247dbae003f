"""Targets, and how far each has been reached."""
