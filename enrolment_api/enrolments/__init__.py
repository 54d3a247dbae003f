"""Sign-ups: recorded one by one and in batches, by one path."""
