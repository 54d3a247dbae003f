"""Alerts for an Alertmanager, pushed as Prometheus does."""
