"""Units, organisations and collectors as enrolment tells of them, and who is above whom."""
