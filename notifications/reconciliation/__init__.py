"""Alerts compared with summaries of the targets that lag, and the registry with those of enrolment."""
