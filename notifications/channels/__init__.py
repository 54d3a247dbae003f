"""The channels by which messages are sent. To add one: a folder here, and a line in CHANNELS (registry.py)."""
