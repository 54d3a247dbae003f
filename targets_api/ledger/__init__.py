"""The ledger of counted events, and the tallies drawn from it."""
