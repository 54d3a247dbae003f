"""How far targets have come: locked in one order, advanced by a batch, and saved after a review."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Integer, Text, Uuid, bindparam, cast, func, select, true, update

from services.persistence.locks import take, take_shared
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, table_of, unnest
from services.vocabulary import PaceStatus, Severity
from targets_api.attainment.counted import any_to_come, counted_of
from targets_api.attainment.rows import TARGET_COLUMNS, target_of
from targets_api.domain.counting import Advance
from targets_api.domain.episode import Episode
from targets_api.domain.pace import Progress
from targets_api.domain.target import Target
from targets_api.tables import locks
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.targets import TargetRow


@dataclass(frozen=True, slots=True)
class Standing:
    """A target, how far it has come, and what the last review found."""

    target: Target
    progress: Progress
    status: PaceStatus
    severity: Severity | None
    episode: Episode
    reviewed_on: date | None


@dataclass(frozen=True, slots=True)
class ReviewedState:
    """What a review found of a target."""

    target_id: UUID
    status: PaceStatus
    severity: Severity | None
    episode: Episode


_t, _p = table_of(TargetRow), table_of(AttainmentRow)
_AMONG_IDS = among("ids", Uuid())


def _standing(*columns: Any) -> Standing:
    target, values = columns[: len(TARGET_COLUMNS)], columns[len(TARGET_COLUMNS) :]
    progress, (status, severity), episode, reviewed_on = values[:5], values[5:7], values[7:11], values[11]
    return Standing(target_of(*target), Progress(*progress), status, severity, Episode(*episode), reviewed_on)


LOCK: Final = select(_p.c.target_id).where(_p.c.target_id == _AMONG_IDS).order_by(_p.c.target_id).with_for_update()
_today = bindparam("today", type_=Date)
_c = counted_of(_t, func.greatest(_today + 1, _p.c.count_from), _t.c.ends_on, _p).lateral("c")
_to_come = select(func.sum(_c.c.n).label("n")).where(any_to_come(_today)).correlate(_p, _t).lateral("to_come")
LOCKED_STANDINGS: Final = Query(
    _standing,
    select(
        *TARGET_COLUMNS,
        cast(_p.c.achieved - func.coalesce(_to_come.c.n, 0), BigInteger).label("achieved"),
        _p.c.covered_at_start,
        _p.c.population,
        _p.c.measured_from,
        _p.c.population_at_start,
        _p.c.status,
        _p.c.severity,
        _p.c.lagging,
        _p.c.reported,
        _p.c.episode,
        _p.c.revision,
        _p.c.reviewed_on,
    )
    .select_from(_p.join(_t, _t.c.id == _p.c.target_id).outerjoin(_to_come, true()))
    .where(_p.c.target_id == _AMONG_IDS)
    .order_by(_p.c.target_id)
    .with_for_update(of=_p),
)
"""Without what was signed up on days to come: that waits for its day."""
_d = unnest("d", ids=Uuid(), since=BigInteger(), early=BigInteger())
ADVANCE: Final = (
    update(_p)
    .values(achieved=_p.c.achieved + _d.c.since, covered_at_start=_p.c.covered_at_start + _d.c.early)
    .where(_p.c.target_id == _d.c.ids)
)
_r = unnest(
    "r",
    ids=Uuid(),
    status=Text(),
    severity=Text(),
    lagging=Boolean(),
    reported=Text(),
    episode=Integer(),
    revision=Integer(),
)
SAVE: Final = (
    update(_p)
    .values(
        {name: _r.c[name] for name in ("status", "severity", "lagging", "reported", "episode", "revision")}
        | {"reviewed_on": bindparam("today", type_=Date)}
    )
    .where(_p.c.target_id == _r.c.ids)
)


async def lock_counting_shared(work: UnitOfWork) -> None:
    """Take this before counting: any number may hold it at once, until their commit."""
    await take_shared(work, locks.COUNTING)


async def lock_rollups(work: UnitOfWork) -> None:
    """Take this before computing what counting keeps up from then on, while counting goes on.

    Until the commit nothing is folded, no node moves, no baseline changes and no target is set: what is folded of the
    tallies stays the same, and so do the targets that it is summed up for. The version before does all that while it
    holds COUNTING alone, and waits.
    """
    await take(work, locks.ROLLING_UP)
    await take_shared(work, locks.COUNTING)


async def lock_counting(work: UnitOfWork) -> None:
    """Take this last, to save what was computed: it waits until every batch under way is committed, and blocks the next
    ones until the own commit, so that no sign-up is missed or counted twice. Whoever waits to hold COUNTING alone waits
    on: PostgreSQL puts who shares it already before them.
    """
    await lock_rollups(work)
    await take(work, locks.COUNTING)


async def lock_attainment(work: UnitOfWork, target_ids: Collection[UUID]) -> None:
    """Lock the attainment of the targets, in the order of their ids, before they are read: a statement that waits for a
    lock itself goes on with the target as it was before it had to wait."""
    await work.execute(LOCK, {"ids": list(target_ids)})


async def advance(work: UnitOfWork, advances: Mapping[UUID, Advance]) -> None:
    """Add to the attainment of the targets, locked in the order of their ids."""
    await lock_attainment(work, advances)
    added = advances.values()
    columns = {"ids": list(advances), "since": [a.since for a in added], "early": [a.early for a in added]}
    await work.execute(ADVANCE, columns)


async def locked_standings(work: UnitOfWork, target_ids: Sequence[UUID], today: date) -> list[Standing]:
    """The targets as they stand today, locked until the commit: a second reviewer waits, then sees what was
    reported."""
    return await work.all(LOCKED_STANDINGS, {"ids": list(target_ids), "today": today})


async def save(work: UnitOfWork, states: Sequence[ReviewedState], today: date) -> None:
    """Note what a review found."""
    if not states:
        return
    columns: dict[str, list[Any]] = {
        "ids": [s.target_id for s in states],
        "status": [s.status for s in states],
        "severity": [s.severity for s in states],
        "lagging": [s.episode.lagging for s in states],
        "reported": [s.episode.reported for s in states],
        "episode": [s.episode.number for s in states],
        "revision": [s.episode.revision for s in states],
    }
    await work.execute(SAVE, {**columns, "today": today})
