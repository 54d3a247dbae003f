"""Alerts as server-sent events."""
