"""Alerts compared with summaries of the targets that lag, and units with those of enrolment."""
