"""A client of the public API."""
