"""The ledger, the tallies drawn from it, and the reads."""
