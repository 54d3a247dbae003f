"""The rules: the states of an alert, which routes are notified of it, and how often that is tried. Pure."""
