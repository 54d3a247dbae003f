"""Curves of targets: what was reached and expected, day by day."""
