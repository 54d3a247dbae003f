"""Tests of the ledger, and of what is drawn from it."""
