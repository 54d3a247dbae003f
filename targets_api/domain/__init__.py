"""The rules of the race, pure: target, calendar, pace, episode."""
