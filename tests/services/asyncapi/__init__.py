"""The AsyncAPI document of all events."""
