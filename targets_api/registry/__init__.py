"""Units, organisations and collectors as enrolment publishes them, and which are above which."""
