"""Targets: what was promised, and how far it has come."""
