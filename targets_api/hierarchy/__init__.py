"""Units and organisations: which are above which, and which codes are known."""
