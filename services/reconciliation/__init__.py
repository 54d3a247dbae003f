"""Anti-entropy between services: sources publish summaries, listeners compare, and request what differs."""
