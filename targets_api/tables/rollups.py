"""Sign-ups rolled up the trees of units and organisations, so that a read costs the same whatever is below and before.

A sum over these tables and over the deltas that are not folded yet is always that of the tallies at or below a node.
Triggers on `tallies` append the deltas; triggers on the closures move the sums of nodes that get other ancestors: they
add the rollups of the topmost ones, or take them off.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import BigInteger, Column, Date, Table, Text, text
from sqlmodel import Field

from services.persistence.checks import one_of
from services.persistence.storage_options import VACUUMED_BY_COUNT
from services.vocabulary import Scheme
from targets_api.tables.base import Base

Span: TypeAlias = Literal["day", "month"]
COUNTS: Final = ("n_new", "n_renewal", "cancelled_new", "cancelled_renewal")
"""`n` and `cancelled` of the tallies, by kind."""
AMOUNTS: Final = ("amount_new", "amount_renewal", "with_amount")
"""`amount` of the tallies, by kind, and `with_amount`."""
SUMS: Final = (*COUNTS, *AMOUNTS)
_WITH_SPACE: Final[dict[str, Any]] = {"postgresql_with": {"fillfactor": "75"}}
"""Beside each row for its next version: the sums are in no index, so that adding to them is a heap-only update."""


class UnitRollupRow(Base, table=True):
    """The tallies of a unit with all below it, of the day or the month that begins on `begins_on`."""

    __tablename__ = "unit_rollups"
    __table_args__ = (one_of("scheme", Scheme), one_of("span", Span), _WITH_SPACE)

    unit_code: str = Field(primary_key=True, sa_type=Text)
    scheme: Scheme = Field(primary_key=True, sa_type=Text)
    span: Span = Field(primary_key=True, sa_type=Text)
    begins_on: date = Field(primary_key=True)
    n_new: int = Field(sa_type=BigInteger)
    n_renewal: int = Field(sa_type=BigInteger)
    cancelled_new: int = Field(sa_type=BigInteger)
    cancelled_renewal: int = Field(sa_type=BigInteger)
    amount_new: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    amount_renewal: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    with_amount: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})


class OrganisationRollupRow(Base, table=True):
    """The tallies of an organisation with all below it, of the day or the month that begins on `begins_on`."""

    __tablename__ = "organisation_rollups"
    __table_args__ = (one_of("scheme", Scheme), one_of("span", Span), _WITH_SPACE)

    organisation_code: str = Field(primary_key=True, sa_type=Text)
    scheme: Scheme = Field(primary_key=True, sa_type=Text)
    span: Span = Field(primary_key=True, sa_type=Text)
    begins_on: date = Field(primary_key=True)
    n_new: int = Field(sa_type=BigInteger)
    n_renewal: int = Field(sa_type=BigInteger)
    cancelled_new: int = Field(sa_type=BigInteger)
    cancelled_renewal: int = Field(sa_type=BigInteger)
    amount_new: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    amount_renewal: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    with_amount: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})


TALLY_DELTAS: Final = Table(
    "tally_deltas",
    Base.metadata,
    Column("unit_code", Text, nullable=False),
    Column("organisation_code", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("collector_code", Text, nullable=False, server_default=text("''")),
    *(Column(name, BigInteger, nullable=False) for name in COUNTS),
    *(Column(name, BigInteger, nullable=False, server_default=text("0")) for name in AMOUNTS),
    postgresql_with=VACUUMED_BY_COUNT,
)
"""What was added to tallies since they were last folded into the rollups. Appended, so that no two writers wait for
each other: a row of a province would be every batch's. By collector for targets with one; what the version before noted
has none, and counts for the others alone."""
