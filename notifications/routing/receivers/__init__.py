"""The receivers of routes: what is known of each, and how many messages each may get."""
