"""Summaries of what was recorded, and what a listener lacks published again."""
