"""The rules: what an alert is, who is told of it, and how often that is tried. Pure."""
