"""The tables of reconciliation that more than one service has."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, DateTime, Index, Integer, MetaData, Numeric, Table, Text

from services.persistence.checks import one_of
from services.persistence.storage_options import VACUUMED_BY_COUNT
from services.reconciliation.comparison import Verdict


def add_totals_tables(metadata: MetaData) -> None:
    """Sign-ups by day: totals, and what was added since they were last folded.

    Triggers on the sign-ups' table append to the second for every statement that changes it; see `totals`.
    """
    Table(
        "fact_days",
        metadata,
        Column("day", Date, primary_key=True),
        Column("n", BigInteger, nullable=False),
        Column("checksum", Numeric, nullable=False),
    )
    Table(
        "fact_day_deltas",
        metadata,
        Column("day", Date, nullable=False),
        Column("n", BigInteger, nullable=False),
        Column("checksum", Numeric, nullable=False),
        postgresql_with=VACUUMED_BY_COUNT,
    )


def add_source_tables(metadata: MetaData) -> None:
    """When each summary was last published, and what listeners asked to be published again."""
    Table(
        "summary_turns",
        metadata,
        Column("name", Text, primary_key=True),
        Column("taken_at", DateTime(timezone=True), nullable=False),
    )
    Table(
        "resends",
        metadata,
        Column("kind", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("after", Text),
        Column("sent", BigInteger, nullable=False),
        Column("asked_at", DateTime(timezone=True), nullable=False),
        Column("asked_by", Text, nullable=False),
        Column("correlation_id", Text, nullable=False),
        Index("ix_resends_asked_at", "asked_at"),
    )


def add_listener_tables(metadata: MetaData) -> None:
    """The last summary received of each key (`told_*`), the local total (`ours_*`), and requests since they differ."""
    Table(
        "heard_summaries",
        metadata,
        Column("kind", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("told_n", BigInteger, nullable=False),
        Column("told_checksum", BigInteger, nullable=False),
        Column("ours_n", BigInteger, nullable=False),
        Column("ours_checksum", BigInteger, nullable=False),
        Column("verdict", Text, nullable=False),
        Column("told_at", DateTime(timezone=True), nullable=False),
        Column("asked", Integer, nullable=False),
        Column("asked_at", DateTime(timezone=True)),
        one_of("verdict", Verdict),
    )
