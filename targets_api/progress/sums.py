"""Reads of sign-ups summed by kind, of many owners and periods at once, without targets and coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Date, Select, Text, and_, func, select

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import columns_of, table_of, unnest
from services.vocabulary import Kind, RegistryKind, Scheme
from targets_api.attainment import rolled_up
from targets_api.tables.ledger import TallyRow
from targets_api.tables.rollups import SUMS


class PeriodKey(NamedTuple):
    """Of whom, in which scheme, from which day to which, both included."""

    code: str
    scheme: Scheme
    since: date
    until: date


class Sums(NamedTuple):
    """What stands and what was cancelled, by kind; what was paid for what stands, and for how many that is known."""

    n_new: int = 0
    n_renewal: int = 0
    cancelled_new: int = 0
    cancelled_renewal: int = 0
    amount_new: int = 0
    amount_renewal: int = 0
    with_amount: int = 0

    @property
    def new(self) -> int:
        """New sign-ups, those that were cancelled included."""
        return self.n_new + self.cancelled_new

    @property
    def renewal(self) -> int:
        """Renewals, those that were cancelled included."""
        return self.n_renewal + self.cancelled_renewal

    @property
    def cancelled(self) -> int:
        """Of both."""
        return self.cancelled_new + self.cancelled_renewal

    @property
    def contributions(self) -> int:
        """What was paid for those that stand."""
        return self.amount_new + self.amount_renewal

    @property
    def without_amount(self) -> int:
        """For how many of these that is not known."""
        return self.n_new + self.n_renewal - self.with_amount

    def of_kind(self, kind: Kind) -> Sums:
        """Those of one kind, but for `with_amount`, which is of both."""
        return Sums(**{name: value for name, value in self._asdict().items() if name.endswith(f"_{kind}")})


def _placed(place: int, *sums: Any) -> tuple[int, Sums]:
    return place, Sums._make(map(int, sums))


_asked = (
    select(unnest("k", "place", code=Text(), scheme=Text(), since=Date(), until=Date()))
    .cte("asked")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)
_x = table_of(TallyRow).c


def _of_collectors() -> Select[Any]:
    of_kind = {
        f"{name}_{kind}": func.coalesce(func.sum(column).filter(_x.kind == kind), 0)
        for name, column in (("n", _x.n), ("cancelled", _x.cancelled), ("amount", _x.amount))
        for kind in ("new", "renewal")
    }
    sums = {**of_kind, "with_amount": func.sum(_x.with_amount)}
    k = _asked.c
    is_meant = and_(_x.collector_code == k.code, _x.scheme == k.scheme, _x.day.between(k.since, k.until))
    return (
        select(k.place, *(sums[name].label(name) for name in SUMS))
        .select_from(_asked.join(table_of(TallyRow), is_meant))
        .group_by(k.place)
    )


OF: Final[Mapping[RegistryKind, Query[tuple[int, Sums]]]] = {
    "unit": Query(_placed, rolled_up.UNITS.sums(_asked, "place")),
    "organisation": Query(_placed, rolled_up.ORGANISATIONS.sums(_asked, "place")),
    "collector": Query(_placed, _of_collectors()),
}


async def sums_of(session: ReadSession, kind: RegistryKind, keys: Sequence[PeriodKey]) -> list[Sums]:
    """The sums of each key, in their order; of one without sign-ups they are 0."""
    if not keys:
        return []
    found = dict(await session.all(OF[kind], columns_of((key._asdict() for key in keys), *PeriodKey._fields)))
    return [found.get(place, Sums()) for place in range(1, len(keys) + 1)]
