"""Targets that are taken from files."""
