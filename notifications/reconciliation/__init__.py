"""Alerts compared with what the targets service tells of the targets that lag."""
