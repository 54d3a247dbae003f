"""Units and organisations: who is above whom, and which codes are known."""
