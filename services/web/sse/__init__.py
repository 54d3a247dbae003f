"""Server-sent events: what has changed, for whoever listens, at any process of a service (ADR 59)."""
