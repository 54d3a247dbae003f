"""What the ledger, the tallies, the rollups and the attainment of targets should be, and are made."""
