"""What was counted and is not folded yet, as a batch would bring it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple, get_args

from sqlalchemy import BigInteger, cast, func, literal, select, union_all

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.vocabulary import Kind, Scheme
from targets_api.domain.tally import Counts, TallyKey
from targets_api.tables.hierarchy import OrganisationAncestorRow
from targets_api.tables.rollups import TALLY_DELTAS


class Unfolded(NamedTuple):
    """What is to be added to one tally, in the order of its key; who is above the organisation where that is known."""

    unit_code: str
    scheme: Scheme
    day: date
    kind: Kind
    organisation_code: str
    collector_code: str
    n: int
    above: list[str] | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Counts by tally, and the organisations at or above each of theirs: also of tallies that are what they were,
    since something may have been counted of them before it was taken back."""

    counts: Counts
    above: dict[str, frozenset[str]]

    def less(self, counted: Counts) -> Batch:
        """Without what was counted already."""
        left: Counts = defaultdict(int, self.counts)
        for key, n in counted.items():
            left[key] -= n
        return Batch({key: n for key, n in left.items() if n}, self.above)


_d, _o = TALLY_DELTAS.c, table_of(OrganisationAncestorRow).c
_key = (_d.unit_code, _d.scheme, _d.day, _d.organisation_code, _d.collector_code)
_of_kind = union_all(
    *(select(*_key, literal(kind).label("kind"), _d[f"n_{kind}"].label("n")) for kind in get_args(Kind))
).subquery("of_kind")
_tallies = (
    select(*(_of_kind.c[name] for name in TallyKey._fields), cast(func.sum(_of_kind.c.n), BigInteger).label("n"))
    .where(_of_kind.c.n != 0)
    .group_by(*(_of_kind.c[name] for name in TallyKey._fields))
    .cte("unfolded")
)
_above = (
    select(_o.organisation_code, func.array_agg(_o.ancestor_code).label("above"))
    .where(_o.organisation_code.in_(select(_tallies.c.organisation_code)))
    .group_by(_o.organisation_code)
    .subquery("above")
)
UNFOLDED: Final = Query(
    Unfolded,
    select(*_tallies.c, _above.c.above).select_from(
        _tallies.outerjoin(_above, _above.c.organisation_code == _tallies.c.organisation_code)
    ),
)


async def unfolded(session: ReadSession) -> Batch:
    """All there is: what a second holds, or some seconds while a move is prepared."""
    rows = await session.all(UNFOLDED)
    above = {row.organisation_code: frozenset(row.above) for row in rows if row.above}
    return Batch({TallyKey(*row[:6]): row.n for row in rows}, above)
