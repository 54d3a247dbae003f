"""Reads the rates from their file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from enrolment_api.domain.contribution import Dated, HealthRates, Rates, VoluntaryRates

RATES_FILE = Path(__file__).with_name("rates.toml")


def load_rates(path: Path = RATES_FILE) -> Rates:
    """The rates of a file like rates.toml. Raises KeyError, TypeError or ValueError where it lacks something."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    health, voluntary = tables["health"], tables["voluntary"]
    return Rates(
        HealthRates(
            base_salary=_dated(health.pop("base_salary")),
            member_percent=tuple(health.pop("member_percent")),
            **health,
        ),
        VoluntaryRates(
            poverty_line=_dated(voluntary.pop("poverty_line")),
            income_ceiling=_dated(voluntary.pop("income_ceiling")),
            **voluntary,
        ),
    )


def _dated(entries: list[dict[str, Any]]) -> Dated:
    if not entries:
        raise ValueError("a dated table needs at least one entry")
    return tuple(sorted((entry["since"], int(entry["vnd"])) for entry in entries))
