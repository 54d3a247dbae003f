"""Enrolment events, counted."""
