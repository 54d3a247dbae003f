"""Alerts compared with the targets service's summaries of the targets that lag."""
