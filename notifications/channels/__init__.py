"""The channels that messages leave by."""
