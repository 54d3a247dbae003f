"""Sign-ups as their source publishes them, and as a listener has them: by group, by day and by id, for a comparison
that a person asks for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    Integer,
    Numeric,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.sql.elements import ColumnElement

from services.contracts.checksums import MODULUS
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among
from services.vocabulary import Kind, Scheme


class GroupKey(NamedTuple):
    """What sign-ups are compared by."""

    day: date
    unit_code: str
    scheme: Scheme
    kind: Kind


class Group(NamedTuple):
    """The sign-ups of a group: how many stand, how many were cancelled, and the sum of the digests of their facts."""

    day: date
    unit_code: str
    scheme: Scheme
    kind: Kind
    n: int
    cancelled: int
    digest: int

    @property
    def key(self) -> GroupKey:
        """Which group."""
        return GroupKey(*self[:4])


class Entry(NamedTuple):
    """A sign-up as it was published last. `checksum` is that of its event, None where it cannot be published again.
    A listener may not know what was paid, nor the channel and the campaign: then `amount_paid` is None."""

    enrolment_id: UUID
    version: int
    unit_code: str
    organisation_code: str
    collector_code: str
    scheme: Scheme
    kind: Kind
    signed_on: date
    covered_from: date
    covered_to: date
    cancelled: bool
    checksum: int | None
    amount_paid: int | None
    channel: str | None
    campaign_code: str | None

    @property
    def key(self) -> GroupKey:
        """In which group it is."""
        return GroupKey(self.signed_on, self.unit_code, self.scheme, self.kind)

    @property
    def facts(self) -> tuple[Any, ...]:
        """All but the version: what was corrected and corrected back is the same again."""
        return (self.enrolment_id, *self[2:])


ENTRIES_AT_ONCE: Final = 2000
_EPOCH: Final = literal_column("date '2000-01-01'", Date)


@dataclass(frozen=True, eq=False)
class Entries:
    """The statements on a table of sign-ups, whose columns these are, named as the fields of `Entry`."""

    columns: Mapping[str, ColumnElement[Any]]

    @cached_property
    def groups(self) -> Query[Group]:
        """All groups from one day to another."""
        return self._grouped(self.columns["signed_on"].between(_day("from_day"), _day("until_day")))

    @cached_property
    def groups_of_days(self) -> Query[Group]:
        """The groups of some days."""
        return self._grouped(self._is_of_days())

    @cached_property
    def of_days(self) -> Query[Entry]:
        """The sign-ups of some days, in the order of groups."""
        return Query(Entry, self._select().where(self._is_of_days()).order_by(*self._key(), self._id))

    @cached_property
    def of_ids(self) -> Query[Entry]:
        """Those of the sign-ups that are there."""
        return Query(Entry, self._select().where(self._id == among("ids", Uuid())))

    @property
    def _id(self) -> ColumnElement[Any]:
        return self.columns["enrolment_id"]

    def _select(self) -> Select[Any]:
        return select(*(self.columns[name].label(name) for name in Entry._fields))

    def _is_of_days(self) -> ColumnElement[bool]:
        return self.columns["signed_on"] == among("days", Date())

    def _key(self) -> list[ColumnElement[Any]]:
        """In the order in which Python compares keys."""
        codes = (self.columns[name].collate("C") for name in ("unit_code", "scheme", "kind"))
        return [self.columns["signed_on"], *codes]

    def _grouped(self, condition: ColumnElement[bool]) -> Query[Group]:
        by = [self.columns[name] for name in ("signed_on", "unit_code", "scheme", "kind")]
        is_cancelled = self.columns["cancelled"]
        counts = (func.count().filter(~is_cancelled), func.count().filter(is_cancelled), self._digest())
        labels = (column.label(name) for column, name in zip((*by, *counts), Group._fields, strict=True))
        return Query(Group, select(*labels).where(condition).group_by(*by).order_by(*self._key()))

    def _digest(self) -> ColumnElement[Any]:
        """60 bits of the MD5 of the facts, summed modulo 2^63; the text of each is the same on every server."""
        texts = (func.coalesce(_text(self.columns[name]), "") for name in Entry._fields if name != "version")
        number = cast(
            cast(literal("x").concat(func.left(func.md5(func.concat_ws(",", *texts)), 15)), BIT(60)), BigInteger
        )
        total = func.sum(cast(number, Numeric))
        return cast(func.mod(total, literal_column(str(MODULUS))), BigInteger)


def _day(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=Date)


def _text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Dates by their number: their text is a matter of settings."""
    return cast(cast(column - _EPOCH, Integer), Text) if isinstance(column.type, Date) else cast(column, Text)


async def of_days(session: ReadSession, entries: Entries, days: Collection[date]) -> AsyncIterator[list[Entry]]:
    """The sign-ups of these days in the order of groups, page by page."""
    page: list[Entry] = []
    async for entry in session.stream(entries.of_days, {"days": list(days)}, at_once=ENTRIES_AT_ONCE):
        page.append(entry)
        if len(page) == ENTRIES_AT_ONCE:
            yield page
            page = []
    if page:
        yield page


async def of_ids(session: ReadSession, entries: Entries, ids: Sequence[UUID]) -> dict[UUID, Entry]:
    """Those of the sign-ups that are there."""
    return {entry.enrolment_id: entry for entry in await session.all(entries.of_ids, {"ids": list(ids)})}
