"""The tables of reconciliation that more than one service has."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, DateTime, Index, Integer, MetaData, Numeric, Table, Text


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
    )


def add_source_tables(metadata: MetaData) -> None:
    """When each summary was last published, and what listeners asked to hear again."""
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
    """The last summary heard of each thing, how it compared, and how often it was asked for since it differs."""
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
    )
