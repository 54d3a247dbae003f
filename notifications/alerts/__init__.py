"""Alerts: raised, worsened, acknowledged, resolved."""
