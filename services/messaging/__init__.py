"""Outbox → relay → broker → consumer: an event that was committed arrives, and takes effect once."""
