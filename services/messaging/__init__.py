"""Outbox → relay → broker → consumer: a committed event is delivered, and takes effect once."""
