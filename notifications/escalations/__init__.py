"""Chains of escalation: who is notified of alerts that nobody acknowledges, reports on, or remedies in time."""
