"""Figures as they are told: plain data in the shape of `schemas`, and the bytes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row

from services.calendar import WorkingCalendar
from services.holidays import calendar_of
from targets_api.attainment.store import target_of
from targets_api.domain.pace import Progress, Status, pace_of
from targets_api.domain.target import STOCK_MEASURES
from targets_api.progress.queries import Figures, Owner


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, and its strong entity tag (RFC 9110, section 8.8.3)."""

    body: bytes
    etag: str


def answer_of(content: dict[str, Any]) -> Answer:
    """The content as bytes."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(body, f'"{blake2b(body, digest_size=16).hexdigest()}"')


def told(owner: Owner, found: Sequence[Figures | None], today: date) -> list[dict[str, Any] | None]:
    """Each of the figures as it is told."""
    days = (day for figures in found if figures for row in figures.targets for day in (row.starts_on, row.ends_on))
    calendar = calendar_of(days)
    return [_progress(owner, figures, today, calendar) if figures else None for figures in found]


def _progress(owner: Owner, figures: Figures, today: date, calendar: WorkingCalendar) -> dict[str, Any]:
    row, key = figures.owner, figures.key
    new, renewal = int(row.new), int(row.renewal)
    content: dict[str, Any] = {
        owner.name: _owner(owner, row),
        "scheme": key.scheme,
        "from": key.start.isoformat(),
        "on": key.on.isoformat(),
        "new": new,
        "renewal": renewal,
        "cancelled": 0,
        "net": new + renewal,
    }
    if owner.name == "unit":
        content |= _coverage(row)
    content["targets"] = [_target(figures, target, today, calendar) for target in figures.targets]
    return content


def _owner(owner: Owner, row: Row[Any]) -> dict[str, Any]:
    match owner.name:
        case "unit":
            return {"code": row.code, "name": row.name, "level": row.level}
        case "organisation":
            return {"code": row.code, "name": row.name}
        case _:
            return {"code": row.code, "organisation_code": row.organisation_code}


def _coverage(row: Row[Any]) -> dict[str, Any]:
    if row.population is None:
        return {"population": None, "covered": None, "coverage": None}
    covered = int(row.covered)
    return {"population": row.population, "covered": covered, "coverage": round(covered / row.population, 4)}


def _target(figures: Figures, row: Row[Any], today: date, calendar: WorkingCalendar) -> dict[str, Any]:
    on = figures.key.on
    lagged: Status | None = "behind" if row.lagging and on == today else None
    verdict = pace_of(target_of(row), _progress_of(figures, row), on, calendar, previous=lagged)
    return {
        "id": str(row.id),
        "name": row.name,
        "scope": _scope(row),
        "measure": row.measure,
        "value": row.value,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "attained": round(verdict.attained, 3),
        "expected": round(verdict.expected, 3),
        "ratio": None if verdict.ratio is None else round(verdict.ratio, 3),
        "status": verdict.status,
        "severity": verdict.severity,
        "short_by": verdict.short_by,
        "needed_per_day": None if verdict.needed_per_day is None else round(verdict.needed_per_day, 1),
        "because": verdict.because,
    }


def _progress_of(figures: Figures, row: Row[Any]) -> Progress:
    """A stock within its period is the unit's own figure of the day; what was not counted yet stands where it began."""
    if row.measure not in STOCK_MEASURES or figures.key.on > row.ends_on:
        return Progress(int(row.achieved), row.covered_at_start, row.population)
    owner = figures.owner
    if owner.population is None:
        return Progress(row.covered_at_start, row.covered_at_start, row.population)
    return Progress(int(owner.covered), row.covered_at_start, owner.population)


def _scope(row: Row[Any]) -> dict[str, str]:
    names = ("unit_code", "organisation_code", "collector_code")
    return {name: code for name in names if (code := getattr(row, name))}
