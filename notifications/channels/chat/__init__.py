"""Chat and text messages: what the library Apprise speaks, one recipient a route."""
