"""Webhooks as Alertmanager sends them, for what takes those."""
