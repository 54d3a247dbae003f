"""What the splits of sign-ups and the totals of days lack of the ledger, and how it is added."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy import text

from services.persistence import locks, versions
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.persistence.unnest import columns_of
from services.vocabulary import Scheme
from targets_api.rebuilding import sql
from targets_api.rebuilding.store import added_to
from targets_api.tables.locks import SPLITTING
from targets_api.tables.rollups import Span
from targets_api.tables.splits import Split, SplitRollupRow, SplitTallyRow


class WrongSplitTally(NamedTuple):
    """A day of a unit, organisation, channel and campaign, and what it lacks; negative: what it has too much."""

    unit_code: str
    scheme: Scheme
    day: date
    organisation_code: str
    channel: str
    campaign_code: str
    n_new: int
    n_renewal: int
    cancelled_new: int
    cancelled_renewal: int
    amount_new: int
    amount_renewal: int
    with_amount: int


class WrongSplitRollup(NamedTuple):
    """A day or month of a part of a unit, and what it lacks; negative: what it has too much."""

    unit_code: str
    scheme: Scheme
    split: Split
    span: Span
    begins_on: date
    value: str
    n_new: int
    n_renewal: int
    cancelled_new: int
    cancelled_renewal: int
    amount_new: int
    amount_renewal: int
    with_amount: int


class WrongDay(NamedTuple):
    """The total of a day, and what it lacks."""

    day: date
    n: int
    checksum: Decimal


SPLIT_TALLIES: Final = Query(WrongSplitTally, sql.SPLIT_TALLIES)
SPLIT_ROLLUPS: Final = Query(WrongSplitRollup, sql.SPLIT_ROLLUPS)
DAYS: Final = Query(WrongDay, sql.DAYS)
ADD_TO_TALLIES: Final = added_to(SplitTallyRow, *WrongSplitTally._fields[:6])
ADD_TO_ROLLUPS: Final = added_to(SplitRollupRow, *WrongSplitRollup._fields[:6])
ADD_TO_DAYS: Final = text("""
    INSERT INTO fact_day_deltas (day, n, checksum)
    SELECT * FROM unnest(CAST(:day AS date[]), CAST(:n AS bigint[]), CAST(:checksum AS numeric[]))
""")


def wrong_split_tallies(session: ReadSession) -> AsyncGenerator[WrongSplitTally, None]:
    """In the order of their keys."""
    return session.stream(SPLIT_TALLIES)


def wrong_split_rollups(session: ReadSession) -> AsyncGenerator[WrongSplitRollup, None]:
    """In the order of their keys. They are measured from the tallies, which are to be right before."""
    return session.stream(SPLIT_ROLLUPS)


def wrong_days(session: ReadSession) -> AsyncGenerator[WrongDay, None]:
    """In their order."""
    return session.stream(DAYS)


async def correct_split_tallies(work: UnitOfWork, wrong: Sequence[WrongSplitTally]) -> None:
    """Add what they lack; folding waits."""
    await locks.take(work, SPLITTING)
    await work.execute(ADD_TO_TALLIES, columns_of([each._asdict() for each in wrong], *WrongSplitTally._fields))
    await versions.bump(work)


async def correct_split_rollups(work: UnitOfWork, wrong: Sequence[WrongSplitRollup]) -> None:
    """Add what they lack; folding waits."""
    await locks.take(work, SPLITTING)
    await work.execute(ADD_TO_ROLLUPS, columns_of([each._asdict() for each in wrong], *WrongSplitRollup._fields))
    await versions.bump(work)


async def correct_days(work: UnitOfWork, wrong: Sequence[WrongDay]) -> None:
    """Add what they lack to what is folded next."""
    await work.execute(ADD_TO_DAYS, columns_of([each._asdict() for each in wrong], *WrongDay._fields))
