"""The alerts of which routes were not notified."""
