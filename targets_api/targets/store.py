"""Statements on targets and baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.persistence.unit_of_work import ReadSession, UnitOfWork
from targets_api.attainment.store import target_of
from targets_api.domain.baseline import Baseline
from targets_api.domain.target import Target

_COLUMNS = """t.id, t.unit_code, t.organisation_code, t.collector_code, t.scheme, t.measure, t.value, t.starts_on,
    t.ends_on, t.name"""
_SET = text("""
    INSERT INTO targets (id, unit_code, organisation_code, collector_code, scheme, measure, value, starts_on, ends_on,
                         name)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:units AS text[]), CAST(:organisations AS text[]),
                         CAST(:collectors AS text[]), CAST(:schemes AS text[]), CAST(:measures AS text[]),
                         CAST(:values AS double precision[]), CAST(:starts AS date[]), CAST(:ends AS date[]),
                         CAST(:names AS text[]))
    ON CONFLICT DO NOTHING RETURNING id
""")
_BEGIN = text("""
    INSERT INTO target_progress (target_id, achieved, covered_at_start, count_from, status, lagging, episode, revision)
    SELECT id, 0, 0, starts_on, 'not_started', false, 0, 0 FROM targets WHERE id = ANY(:ids)
""")
_SAME_PROMISES = text(f"""
    SELECT {_COLUMNS}
    FROM unnest(CAST(:units AS text[]), CAST(:organisations AS text[]), CAST(:collectors AS text[]),
                CAST(:schemes AS text[]), CAST(:measures AS text[]), CAST(:starts AS date[]), CAST(:ends AS date[]),
                CAST(:names AS text[])) AS k(unit_code, organisation_code, collector_code, scheme, measure, starts_on,
                                             ends_on, name)
    JOIN targets t ON t.scheme = k.scheme AND t.measure = k.measure
        AND t.starts_on = k.starts_on AND t.ends_on = k.ends_on
        AND t.unit_code IS NOT DISTINCT FROM k.unit_code
        AND t.organisation_code IS NOT DISTINCT FROM k.organisation_code
        AND t.collector_code IS NOT DISTINCT FROM k.collector_code AND t.name IS NOT DISTINCT FROM k.name
""")  # noqa: S608 - our own words
_WITHOUT_BASELINE = text("""
    SELECT t.unit_code, t.scheme, t.ends_on
    FROM unnest(CAST(:units AS text[]), CAST(:schemes AS text[]), CAST(:ends AS date[]))
         AS t(unit_code, scheme, ends_on)
    WHERE NOT EXISTS (SELECT FROM baselines b
                      WHERE b.unit_code = t.unit_code AND b.scheme = t.scheme AND b."on" <= t.ends_on)
""")
_ONE = text(f"SELECT {_COLUMNS} FROM targets t WHERE t.id = :id")  # noqa: S608 - our own words
_SET_BASELINE = text("""
    INSERT INTO baselines (unit_code, scheme, "on", population, covered)
    VALUES (:unit_code, :scheme, :on, :population, :covered)
    ON CONFLICT (unit_code, scheme, "on") DO UPDATE SET population = excluded.population, covered = excluded.covered
    RETURNING xmax = 0 AS is_new
""")
_MEASURED_FROM = text("""
    SELECT id FROM targets WHERE unit_code = :unit_code AND scheme = :scheme AND measure IN ('in_force', 'coverage')
      AND ends_on >= :on ORDER BY id
""")
FILTERS = ("unit_code", "organisation_code", "collector_code", "scheme", "measure")


async def insert(work: UnitOfWork, targets: Sequence[Target]) -> set[UUID]:
    """Insert the targets, and tell which were not promised before."""
    columns = _promises(targets) | {"ids": [t.id for t in targets], "values": [t.value for t in targets]}
    new = set(await work.scalars(_SET, columns))
    await work.execute(_BEGIN, {"ids": list(new)})
    return new


async def same_promises(session: ReadSession, targets: Sequence[Target]) -> list[Target]:
    """The targets that are there with the promise (all but the value) of one of these."""
    return [target_of(row) for row in await session.execute(_SAME_PROMISES, _promises(targets))]


async def without_baseline(session: ReadSession, targets: Sequence[Target]) -> set[tuple[str | None, str, date]]:
    """Unit, scheme and end of those of the targets that no baseline lies on or before the end of."""
    columns: dict[str, list[Any]] = {
        "units": [t.scope.unit_code for t in targets],
        "schemes": [t.scheme for t in targets],
        "ends": [t.ends_on for t in targets],
    }
    rows = await session.execute(_WITHOUT_BASELINE, columns)
    return {(row.unit_code, row.scheme, row.ends_on) for row in rows}


async def one(session: ReadSession, target_id: UUID) -> Target | None:
    """The target of that id."""
    row = (await session.execute(_ONE, {"id": target_id})).one_or_none()
    return target_of(row) if row else None


async def page(session: ReadSession, filters: Mapping[str, str], after: UUID | None, limit: int) -> list[Target]:
    """Targets that match, the latest first, those before `after`."""
    conditions = [f"t.{name} = :{name}" for name in FILTERS if name in filters]
    if after:
        conditions.append("t.id < :after")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    statement = text(f"SELECT {_COLUMNS} FROM targets t {where} ORDER BY t.id DESC LIMIT :limit")  # noqa: S608 - our own words
    values = {**filters, "limit": limit} | ({"after": after} if after else {})
    return [target_of(row) for row in await session.execute(statement, values)]


async def set_baseline(work: UnitOfWork, baseline: Baseline) -> bool:
    """Insert or change the baseline; tells whether there was none of that day."""
    values = {
        "unit_code": baseline.unit_code,
        "scheme": baseline.scheme,
        "on": baseline.on,
        "population": baseline.population,
        "covered": baseline.covered,
    }
    return bool((await work.execute(_SET_BASELINE, values)).scalar_one())


async def measured_from(session: ReadSession, baseline: Baseline) -> list[UUID]:
    """Targets that the baseline may move."""
    values = {"unit_code": baseline.unit_code, "scheme": baseline.scheme, "on": baseline.on}
    return list(await session.scalars(_MEASURED_FROM, values))


def _promises(targets: Sequence[Target]) -> dict[str, list[Any]]:
    return {
        "units": [t.scope.unit_code for t in targets],
        "organisations": [t.scope.organisation_code for t in targets],
        "collectors": [t.scope.collector_code for t in targets],
        "schemes": [t.scheme for t in targets],
        "measures": [t.measure for t in targets],
        "starts": [t.starts_on for t in targets],
        "ends": [t.ends_on for t in targets],
        "names": [t.name for t in targets],
    }
