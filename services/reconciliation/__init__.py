"""Anti-entropy between services: sources publish summaries, listeners compare, and ask for what differs."""
