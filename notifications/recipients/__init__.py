"""Which routes are notified of which alerts: what is unresolved when a route is put, and why, alert by alert."""
