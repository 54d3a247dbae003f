"""Compares the ledger and the registry with enrolment; summarises the pace of targets, and publishes it again."""
