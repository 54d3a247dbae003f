"""The units that are registered, as enrolment publishes them."""
