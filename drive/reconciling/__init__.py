"""Compare targets with enrolment, and make anew what differs: what `drive reconcile` and `drive rebuild` do."""
