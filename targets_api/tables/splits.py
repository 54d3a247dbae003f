"""Sign-ups by what they are split by: who signed up, through which channel, in which campaign; and rolled up the tree
of units.

Triggers on the ledger append deltas, which are folded: into `split_tallies`, which has each unit's own, and into
`split_rollups` of the units above. Which those are is in `split_pairs`, not in the closure: pairs follow the closure in
their own time, and a read takes the tallies of each unit whose pair does not agree yet. So in every snapshot
    rollup + tallies of units without pair - tallies of units that are below no more + deltas
is the sum of the ledger at or below a unit.

A channel or campaign that is not named, or not known, is the empty text.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal, TypeAlias, get_args

from sqlalchemy import BigInteger, Column, Date, Index, Table, Text
from sqlmodel import Field

from services.persistence.checks import one_of
from services.persistence.storage_options import VACUUMED_BY_COUNT
from services.vocabulary import Scheme
from targets_api.tables.base import Base
from targets_api.tables.rollups import SUMS, Span

Split: TypeAlias = Literal["organisation", "channel", "campaign"]
COLUMN_OF: Final[dict[Split, str]] = {
    "organisation": "organisation_code",
    "channel": "channel",
    "campaign": "campaign_code",
}
"""Of the tallies and the deltas."""
SPLITS: Final[tuple[Split, ...]] = get_args(Split)


class SplitTallyRow(Base, table=True):
    """The sign-ups of a day in a unit itself: the sums of rollups by organisation, channel and campaign."""

    __tablename__ = "split_tallies"
    __table_args__ = (one_of("scheme", Scheme), {"postgresql_with": {"fillfactor": "75"}})

    unit_code: str = Field(primary_key=True, sa_type=Text)
    scheme: Scheme = Field(primary_key=True, sa_type=Text)
    day: date = Field(primary_key=True)
    organisation_code: str = Field(primary_key=True, sa_type=Text)
    channel: str = Field(primary_key=True, sa_type=Text)
    campaign_code: str = Field(primary_key=True, sa_type=Text)
    n_new: int = Field(sa_type=BigInteger)
    n_renewal: int = Field(sa_type=BigInteger)
    cancelled_new: int = Field(sa_type=BigInteger)
    cancelled_renewal: int = Field(sa_type=BigInteger)
    amount_new: int = Field(sa_type=BigInteger)
    amount_renewal: int = Field(sa_type=BigInteger)
    with_amount: int = Field(sa_type=BigInteger)


class SplitRollupRow(Base, table=True):
    """The tallies of the units that have a pair with this one, by one of the splits, of the day or the month that
    begins on `begins_on`."""

    __tablename__ = "split_rollups"
    __table_args__ = (
        one_of("scheme", Scheme),
        one_of("split", Split),
        one_of("span", Span),
        {"postgresql_with": {"fillfactor": "75"}},
    )

    unit_code: str = Field(primary_key=True, sa_type=Text)
    scheme: Scheme = Field(primary_key=True, sa_type=Text)
    split: Split = Field(primary_key=True, sa_type=Text)
    span: Span = Field(primary_key=True, sa_type=Text)
    begins_on: date = Field(primary_key=True)
    value: str = Field(primary_key=True, sa_type=Text)
    n_new: int = Field(sa_type=BigInteger)
    n_renewal: int = Field(sa_type=BigInteger)
    cancelled_new: int = Field(sa_type=BigInteger)
    cancelled_renewal: int = Field(sa_type=BigInteger)
    amount_new: int = Field(sa_type=BigInteger)
    amount_renewal: int = Field(sa_type=BigInteger)
    with_amount: int = Field(sa_type=BigInteger)


class SplitPairRow(Base, table=True):
    """The tallies of a unit are in the rollups of one above it."""

    __tablename__ = "split_pairs"
    __table_args__ = (Index("ix_split_pairs_unit_code", "unit_code"),)

    ancestor_code: str = Field(primary_key=True, sa_type=Text)
    unit_code: str = Field(primary_key=True, sa_type=Text)


SPLIT_DELTAS: Final = Table(
    "split_deltas",
    Base.metadata,
    Column("unit_code", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("organisation_code", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("campaign_code", Text, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in SUMS),
    postgresql_with=VACUUMED_BY_COUNT,
)
"""What was added to the ledger, or left it, since deltas were last folded."""
