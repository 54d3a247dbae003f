"""Routes: where notifications are sent, and of which alerts."""
