"""What targets has of sign-ups, and what differs from what it is drawn from."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Executable, case, text

from services.ids import FIRST_ID
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.reconciliation.entries import Entries, Entry
from services.vocabulary import Kind, Scheme
from targets_api.attainment.wrong import WRONG, WrongAttainment
from targets_api.domain.tally import TallyKey
from targets_api.rebuilding import sql
from targets_api.reconciliation.queries import targets_after
from targets_api.tables.ledger import LedgerRow
from targets_api.tables.rollups import Span

Tree: TypeAlias = Literal["unit", "organisation"]
TREES: Final[tuple[Tree, ...]] = ("unit", "organisation")
TARGETS_AT_ONCE: Final = 100


class WrongTally(NamedTuple):
    """A tally that is not the number of its sign-ups in the ledger."""

    unit_code: str
    scheme: Scheme
    day: date
    kind: Kind
    organisation_code: str
    collector_code: str
    n_counted: int
    n_kept: int
    cancelled_counted: int
    cancelled_kept: int
    amount_counted: int
    amount_kept: int
    with_amount_counted: int
    with_amount_kept: int

    @property
    def key(self) -> TallyKey:
        """Which tally."""
        return TallyKey(*self[:6])

    @property
    def lacks(self) -> tuple[int, ...]:
        """By how much the ledger has more, in the order of the sums of a tally."""
        return tuple(counted - kept for counted, kept in zip(self[6::2], self[7::2], strict=True))


class WrongRollup(NamedTuple):
    """A day or month of a unit or an organisation, and what it lacks; negative: what it has too much."""

    code: str
    scheme: Scheme
    span: Span
    begins_on: date
    n_new: int
    n_renewal: int
    cancelled_new: int
    cancelled_renewal: int
    amount_new: int
    amount_renewal: int
    with_amount: int


_ledger = table_of(LedgerRow).c
_DETAILS: Final = ("amount_paid", "channel", "campaign_code")
_details = {name: case((_ledger.details_version == _ledger.version, _ledger[name])) for name in _DETAILS}
ENTRIES: Final = Entries({name: _details[name] if name in _details else _ledger[name] for name in Entry._fields})
TALLIES: Final = Query(WrongTally, sql.TALLIES)
ROLLUPS: Final[Mapping[Tree, Query[WrongRollup]]] = {tree: Query(WrongRollup, sql.rollups(tree)) for tree in TREES}
PLACED: Final[Mapping[Tree, Executable]] = {tree: sql.placed(tree) for tree in TREES}
DEAD: Final = text("""
    SELECT w.id, bool_or(d.retry_at IS NOT NULL) AS is_tried_again
    FROM unnest(CAST(:ids AS uuid[])) AS w (id)
    JOIN dead_letters d ON d.type LIKE 'drive.enrolment.%' AND position(CAST(w.id AS text) IN d.body) > 0
    WHERE d.dropped_at IS NULL GROUP BY w.id
""")


def wrong_tallies(session: ReadSession) -> AsyncGenerator[WrongTally, None]:
    """In the order of their keys."""
    return session.stream(TALLIES)


def wrong_rollups(session: ReadSession, tree: Tree) -> AsyncGenerator[WrongRollup, None]:
    """Those of a tree, in the order of its nodes."""
    return session.stream(ROLLUPS[tree])


async def places(session: ReadSession, tree: Tree) -> Decimal:
    """A number that is another one when a node of the tree has moved: to be asked for before what is wrong is."""
    return Decimal((await session.execute(PLACED[tree])).scalar_one())


async def wrong_attainment(session: ReadSession) -> AsyncIterator[WrongAttainment]:
    """The targets that a recount would change, in the order of their ids; nothing counts between the two."""
    after = FIRST_ID
    while ids := await targets_after(session, after, TARGETS_AT_ONCE):
        for wrong in await session.all(WRONG, {"ids": ids}):
            yield wrong
        after = ids[-1]


async def dead_letters(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Those of the sign-ups that have an event among the dead letters, and whether it is tried again by itself."""
    return {row.id: row.is_tried_again for row in await session.execute(DEAD, {"ids": list(ids)})}
