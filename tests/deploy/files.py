"""What is deployed for monitoring, read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
RULES = ROOT / "deploy/prometheus/rules.yml"
SCRAPE = ROOT / "deploy/prometheus/prometheus.yml"
DASHBOARD = ROOT / "deploy/grafana/drive.json"
RUNBOOK = ROOT / "docs/runbook.md"
MONITORING = ROOT / "docs/monitoring.md"
_METRIC = re.compile(r"\b(?:drive|process)_[a-z_]+[a-z]\b")
_OTHERS = {"drive_enrolment", "drive_targets", "drive_notifications", "process_ended"}
"""Databases, and a line of the log."""


def rules() -> list[dict[str, Any]]:
    """The alert rules."""
    [group] = yaml.safe_load(RULES.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard, rows left out."""
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    """Every expression of the dashboard and of the rules."""
    return [target["expr"] for panel in panels() for target in panel["targets"]] + [rule["expr"] for rule in rules()]


def metrics_in(text: str) -> set[str]:
    """The metrics that a text names."""
    return set(_METRIC.findall(text)) - _OTHERS
