"""Reads of figures: many owners at once, with two statements whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, TextClause, text

from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Scheme
from targets_api.attainment.recount import TALLIES_OF_TARGET


class ProgressKey(NamedTuple):
    """What is asked for: whose progress in which scheme, from which day to which, both included."""

    code: str
    scheme: Scheme
    start: date
    on: date


_KEYS = """unnest(CAST(:codes AS text[]), CAST(:schemes AS text[]), CAST(:starts AS date[]), CAST(:ons AS date[]))
    WITH ORDINALITY AS k(code, scheme, start, "on", i)"""
_SUMS = """sum(x.n) FILTER (WHERE x.kind = 'new' AND x.day >= k.start) AS new,
    sum(x.n) FILTER (WHERE x.kind = 'renewal' AND x.day >= k.start) AS renewal"""
_WITHOUT_POPULATION = "NULL::bigint AS population, NULL::bigint AS covered"


@dataclass(frozen=True)
class Owner:
    """A kind of owner: how its figures and its targets are found."""

    name: str
    figures: TextClause
    targets: TextClause


def _targets_of(condition: str) -> TextClause:
    """Targets of the years from `start` to `on`. What was signed after `on` is taken off again where `on` is past."""
    return text(f"""
        SELECT k.i, t.id, t.unit_code, t.organisation_code, t.collector_code, t.scheme, t.measure, t.value,
               t.starts_on, t.ends_on, t.name, p.covered_at_start, p.population, p.lagging,
               p.achieved - coalesce(later.n, 0) AS achieved
        FROM {_KEYS}
        JOIN targets t ON {condition} AND t.scheme = k.scheme
             AND t.ends_on >= k.start AND t.starts_on < date_trunc('year', k."on") + interval '1 year'
        JOIN target_progress p ON p.target_id = t.id
        LEFT JOIN LATERAL (
            SELECT sum(c.n) AS n FROM ({TALLIES_OF_TARGET}) c
            WHERE k."on" < :today AND c.day > k."on" AND c.day BETWEEN p.count_from AND t.ends_on
        ) later ON true
        ORDER BY k.i, t.starts_on, t.ends_on, t.id
    """)  # noqa: S608 - our own words


UNITS: Final = Owner(
    "unit",
    text(f"""
        SELECT k.i, u.code, u.name, u.level, b.population, b.covered + coalesce(s.since, 0) AS covered,
               coalesce(s.new, 0) AS new, coalesce(s.renewal, 0) AS renewal
        FROM {_KEYS}
        JOIN units u ON u.code = k.code
        LEFT JOIN LATERAL (
            SELECT b."on", b.population, b.covered FROM baselines b
            WHERE b.unit_code = k.code AND b.scheme = k.scheme AND b."on" <= k."on" ORDER BY b."on" DESC LIMIT 1
        ) b ON true
        LEFT JOIN LATERAL (
            SELECT {_SUMS}, sum(x.n) FILTER (WHERE x.kind = 'new' AND x.day > b."on") AS since
            FROM unit_ancestors a JOIN tallies x ON x.unit_code = a.unit_code
            WHERE a.ancestor_code = k.code AND x.scheme = k.scheme
              AND x.day BETWEEN least(k.start, b."on" + 1) AND k."on"
        ) s ON true
    """),  # noqa: S608 - our own words
    _targets_of("t.unit_code = k.code AND t.organisation_code IS NULL AND t.collector_code IS NULL"),
)
ORGANISATIONS: Final = Owner(
    "organisation",
    text(f"""
        SELECT k.i, g.code, g.name, {_WITHOUT_POPULATION},
               coalesce(s.new, 0) AS new, coalesce(s.renewal, 0) AS renewal
        FROM {_KEYS}
        JOIN organisations g ON g.code = k.code
        LEFT JOIN LATERAL (
            SELECT {_SUMS} FROM organisation_ancestors a JOIN tallies x ON x.organisation_code = a.organisation_code
            WHERE a.ancestor_code = k.code AND x.scheme = k.scheme AND x.day BETWEEN k.start AND k."on"
        ) s ON true
    """),  # noqa: S608 - our own words
    _targets_of("t.organisation_code = k.code AND t.collector_code IS NULL"),
)
COLLECTORS: Final = Owner(
    "collector",
    text(f"""
        SELECT k.i, c.code, c.organisation_code, {_WITHOUT_POPULATION},
               coalesce(s.new, 0) AS new, coalesce(s.renewal, 0) AS renewal
        FROM {_KEYS}
        JOIN collectors c ON c.code = k.code
        LEFT JOIN LATERAL (
            SELECT {_SUMS} FROM tallies x
            WHERE x.collector_code = k.code AND x.scheme = k.scheme AND x.day BETWEEN k.start AND k."on"
        ) s ON true
    """),  # noqa: S608 - our own words
    _targets_of("t.collector_code = k.code"),
)
_CHILDREN = text("SELECT code FROM units WHERE parent_code = :code ORDER BY name, code")


@dataclass(frozen=True, slots=True)
class Figures:
    """An owner's row of figures, with those of its targets."""

    key: ProgressKey
    owner: Row[Any]
    targets: Sequence[Row[Any]]


async def figures_of(
    session: ReadSession, owner: Owner, keys: Sequence[ProgressKey], today: date
) -> list[Figures | None]:
    """The figures for each key; None for owners that nobody has told of."""
    codes, schemes, starts, ons = zip(*keys, strict=True)
    columns = {"codes": list(codes), "schemes": list(schemes), "starts": list(starts), "ons": list(ons)}
    owners = {row.i: row for row in await session.execute(owner.figures, columns)}
    targets: dict[int, list[Row[Any]]] = {}
    for row in await session.execute(owner.targets, {**columns, "today": today}):
        targets.setdefault(row.i, []).append(row)
    return [Figures(key, owners[i], targets.get(i, ())) if i in owners else None for i, key in enumerate(keys, start=1)]


async def children_of(session: ReadSession, unit_code: str) -> list[str]:
    """Codes of the units directly below, by name."""
    return list(await session.scalars(_CHILDREN, {"code": unit_code}))
