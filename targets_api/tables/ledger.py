"""The ledger of every counted sign-up, and the tallies drawn from it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, Text, text
from sqlmodel import Field

from services.persistence.checks import one_of
from services.vocabulary import Kind, Scheme
from targets_api.tables.base import Base


class LedgerRow(Base, table=True):
    """A sign-up by the newest version that was received of it: what is older, or was received before, changes nothing,
    so the ledger is its own inbox.

    `checksum` is NULL where the source cannot publish it again: such entries are not compared with it. What the
    contract of the event leaves open, such as the order of the dates, is left open here: a refused row would be a dead
    letter. `event_id` is written and read by the version before alone.

    `amount_paid`, `channel` and `campaign_code` are those of the version `details_version`. Where that is another than
    `version`, they are not known: the entry is of before they were kept, or was replaced by a process of that time.
    """

    __tablename__ = "ledger"
    __table_args__ = (one_of("scheme", Scheme), one_of("kind", Kind))

    event_id: UUID | None = None
    enrolment_id: UUID = Field(primary_key=True)
    unit_code: str = Field(sa_type=Text)
    organisation_code: str = Field(sa_type=Text)
    collector_code: str = Field(sa_type=Text)
    scheme: Scheme = Field(sa_type=Text)
    kind: Kind = Field(sa_type=Text)
    signed_on: date
    covered_from: date
    covered_to: date
    checksum: int | None = Field(default=None, sa_type=BigInteger)
    version: int = Field(default=1, sa_type=Integer, sa_column_kwargs={"server_default": text("1")})
    cancelled: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    amount_paid: int | None = Field(default=None, sa_type=BigInteger)
    channel: str | None = Field(default=None, sa_type=Text)
    campaign_code: str | None = Field(default=None, sa_type=Text)
    details_version: int | None = Field(default=None, sa_type=Integer)


class TallyRow(Base, table=True):
    """Sign-ups of one kind of a day: `n` stand, `cancelled` were cancelled since. Each is the number of such entries of
    the ledger. `amount` is what was paid, in whole VND, for those that stand and whose amount is known: `with_amount`.

    The key begins with what a unit is read by; the counts are in no index, and the fillfactor leaves space beside each
    row for its next version, so that counting stays a heap-only update. The index of days is one of an expression:
    whoever asks whether there are days to come gets it, and no sum over a long period.
    """

    __tablename__ = "tallies"
    __table_args__ = (
        one_of("scheme", Scheme),
        one_of("kind", Kind),
        Index("ix_tallies_any_day", text("(day + 0)")),
        Index("ix_tallies_organisation_code", "organisation_code", "scheme", "day"),
        Index("ix_tallies_collector_code", "collector_code", "scheme", "day"),
        {"postgresql_with": {"fillfactor": "75"}},
    )

    unit_code: str = Field(primary_key=True, sa_type=Text)
    scheme: Scheme = Field(primary_key=True, sa_type=Text)
    day: date = Field(primary_key=True)
    kind: Kind = Field(primary_key=True, sa_type=Text)
    organisation_code: str = Field(primary_key=True, sa_type=Text)
    collector_code: str = Field(primary_key=True, sa_type=Text)
    n: int = Field(sa_type=BigInteger)
    cancelled: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    amount: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    with_amount: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
