"""Telling routes again of alerts that nobody has resolved."""
