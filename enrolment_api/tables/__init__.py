"""The tables of the enrolment database."""
