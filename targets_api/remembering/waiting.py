"""Events that wait, as far as this database knows of them: dead letters, and what summaries say is missing."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import and_, exists, func, literal_column, or_, select, true

from services.contracts.envelope import type_of
from services.contracts.reconciliation import EnrolmentSummary, ResendRequested
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from targets_api.domain.freshness import Waiting
from targets_api.tables.base import Base


class _Found(NamedTuple):
    events: int
    oldest: datetime | None


_NO_FIGURES: Final = (type_of(EnrolmentSummary), type_of(ResendRequested))
"""Events of which no figure is made."""
_d, _h = Base.metadata.tables["dead_letters"].c, Base.metadata.tables["heard_summaries"].c
_is_dead = and_(_d.dropped_at.is_(None), *(_d.type != literal_column(f"'{name}'") for name in _NO_FIGURES))
_is_missing = and_(_h.kind == literal_column("'day'"), _h.verdict == literal_column("'missing'"))
"""Literals, by which PostgreSQL knows the index that it asks for."""
_dead = select(func.count().label("n"), func.min(_d.kept_at).label("since")).where(_is_dead).subquery("dead")
_missing = (
    select(
        func.coalesce(func.sum(func.greatest(_h.told_n - _h.ours_n, 1)), 0).label("n"),
        func.min(_h.told_at).label("since"),
    )
    .where(_is_missing)
    .subquery("missing")
)
ANY_WAITS: Final = or_(exists().where(_is_dead), exists().where(_is_missing))
WAITING: Final = Query(
    _Found,
    select(
        func.greatest(_dead.c.n, _missing.c.n).label("events"),
        func.least(_dead.c.since, _missing.c.since).label("oldest"),
    ).select_from(_dead.join(_missing, true())),
)
"""A dead letter is missing in the comparison, too: so the greater of both, not their sum."""


async def waiting_events(session: ReadSession) -> Waiting | None:
    """At least how many events wait, and since when; None where there are none by now."""
    found = await session.one(WAITING)
    return Waiting(int(found.events), found.oldest) if found.events and found.oldest else None
