"""Statistics of the alerts that were raised in a period; SQLAlchemy Core would hide grouping sets and percentiles.

One statement for each way to narrow them, so that each is planned for what it is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import product
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import BindParameter, DateTime, Text, TextClause, bindparam, text

from services.persistence.documents import count_in, list_in
from services.persistence.statements import Query
from services.vocabulary import UnitLevel

T = TypeVar("T")


class Narrowed(NamedTuple):
    """Whether alerts of a unit and below it are asked for, and whether those of an organisation."""

    under: bool
    own: bool


class FiguresRow(NamedTuple):
    """Figures of one unit, or of the whole. Spreads are the median and the 90th percentile in seconds, null where
    nothing was acknowledged or reported."""

    is_whole: bool
    unit_code: str | None
    unit_name: str | None
    level: UnitLevel | None
    raised: int
    critical: int
    acknowledged: int
    reported: int
    resolved: int
    unacknowledged: int
    reports_due: int
    reports_overdue: int
    planned: int
    done: int
    missed: int
    dropped: int
    to_acknowledge: list[float | None]
    to_report: list[float | None]


class CauseRow(NamedTuple):
    """How many alerts of a unit that were raised in a month have a cause."""

    unit_code: str | None
    unit_name: str | None
    level: UnitLevel | None
    month: date
    code: str
    alerts: int


_UNDER: Final = "AND a.path @> to_jsonb(:under)"
_BELOW: Final = f"""a.path ->> (
            SELECT e.place FROM jsonb_array_elements_text({list_in("a.path")}) WITH ORDINALITY AS e(code, place)
            WHERE e.code = :under
        )::int"""  # noqa: S608 - our own words
"""The unit right below; places count from 1 here, and from 0 in a path."""
_OWN: Final = "AND a.id IN (SELECT o.alert_id FROM alert_owners o WHERE o.organisation_code = :own_of)"


def _reported(name: str) -> str:
    return count_in(f"a.report -> '{name}'")


_REMEDIES: Final = ("planned", "done", "missed", "dropped")
_OF_FIGURES: Final = ", ".join(
    ("a.id, a.status, a.severity, a.report_due_at", *(f"{_reported(name)} AS {name}" for name in _REMEDIES))
)
_UNREPORTED: Final = "c.status IN ('open', 'acknowledged') AND c.report_due_at"


def _raised(narrowed: Narrowed, columns: str) -> str:
    """The alerts that were raised in the period, each with the unit right below the one that is asked for."""
    return f"""raised AS (
        SELECT a.raised_at, {columns}, {_BELOW if narrowed.under else "a.path ->> 0"} AS unit_code
        FROM alerts a
        WHERE a.raised_at >= :since AND a.raised_at < :until
            {_UNDER if narrowed.under else ""} {_OWN if narrowed.own else ""}
    )"""  # noqa: S608 - our own words


def _parameters(narrowed: Narrowed, *more: str) -> list[BindParameter[Any]]:
    times = [bindparam(name, type_=DateTime(timezone=True)) for name in ("since", "until", *more)]
    under = [bindparam("under", type_=Text)] if narrowed.under else []
    return [*times, *under, *([bindparam("own_of", type_=Text)] if narrowed.own else [])]


def _figures(narrowed: Narrowed) -> TextClause:
    return text(f"""
        WITH {_raised(narrowed, _OF_FIGURES)}, answered AS (
            SELECT t.alert_id, min(t.at) AS acknowledged_at, min(t.at) FILTER (WHERE t.kind = 'reported') AS reported_at
            FROM alert_timeline t
            WHERE t.kind IN ('acknowledged', 'reported') AND t.alert_id IN (SELECT id FROM raised)
            GROUP BY t.alert_id
        ), figures AS (
            SELECT grouping(c.unit_code) = 1 AS is_whole, c.unit_code, count(*) AS raised,
                   count(*) FILTER (WHERE c.severity = 'critical') AS critical,
                   count(w.acknowledged_at) AS acknowledged, count(w.reported_at) AS reported,
                   count(*) FILTER (WHERE c.status = 'resolved') AS resolved,
                   count(*) FILTER (WHERE c.status = 'open') AS unacknowledged,
                   count(*) FILTER (WHERE {_UNREPORTED} > :now AND c.report_due_at <= :week_ends) AS reports_due,
                   count(*) FILTER (WHERE {_UNREPORTED} <= :now) AS reports_overdue,
                   {", ".join(f"coalesce(sum(c.{name}), 0) AS {name}" for name in _REMEDIES)},
                   {_spread("w.acknowledged_at")} AS to_acknowledge, {_spread("w.reported_at")} AS to_report
            FROM raised c LEFT JOIN answered w ON w.alert_id = c.id
            GROUP BY GROUPING SETS ((), (c.unit_code))
        )
        SELECT f.is_whole, f.unit_code, u.name AS unit_name, u.level, {_rest(FiguresRow)}
        FROM figures f LEFT JOIN units u ON u.code = f.unit_code
        ORDER BY f.is_whole DESC, f.unit_code COLLATE "C"
    """).bindparams(*_parameters(narrowed, "now", "week_ends"))  # noqa: S608 - our own words


def _spread(answered_at: str) -> str:
    seconds = f"extract(epoch FROM {answered_at} - c.raised_at)"
    return f"percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY {seconds})"


def _rest(row: Any) -> str:
    return ", ".join(f"f.{name}" for name in row._fields[4:])


def _causes(narrowed: Narrowed) -> TextClause:
    return text(f"""
        WITH {_raised(narrowed, "a.report -> 'causes' AS causes")}, counted AS (
            SELECT c.unit_code, date_trunc('month', c.raised_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS month,
                   given.code, count(*) AS alerts
            FROM raised c CROSS JOIN jsonb_array_elements_text({list_in("c.causes")}) AS given(code)
            WHERE given.code IS NOT NULL
            GROUP BY 1, 2, 3
        )
        SELECT f.unit_code, u.name AS unit_name, u.level, f.month, f.code, f.alerts
        FROM counted f LEFT JOIN units u ON u.code = f.unit_code
        ORDER BY f.month, f.unit_code COLLATE "C", f.alerts DESC, f.code COLLATE "C"
    """).bindparams(*_parameters(narrowed))  # noqa: S608 - our own words


def _each_way(row: Callable[..., T], statement: Callable[[Narrowed], TextClause]) -> dict[Narrowed, Query[T]]:
    ways = [Narrowed(under, own) for under, own in product((False, True), repeat=2)]
    return {narrowed: Query(row, statement(narrowed)) for narrowed in ways}


FIGURES: Final = _each_way(FiguresRow, _figures)
"""Of the whole, first; then of each unit right below, and of what belongs to none of them."""
CAUSES: Final = _each_way(CauseRow, _causes)
"""Of each unit right below, by month; of the last report of each alert."""
