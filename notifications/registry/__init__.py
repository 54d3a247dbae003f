"""The units and organisations that are registered, as enrolment publishes them."""
