"""The two tables that the chassis keeps in every service's database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
)

OUTBOX = "outbox"
PARKED_EVENTS = "parked_events"


def add_messaging_tables(metadata: MetaData) -> None:
    """Describe the outbox and the dead letters in a service's own metadata; see `dead_letters` for the columns."""
    Table(
        OUTBOX,
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("type", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )
    Table(
        PARKED_EVENTS,
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("type", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("error", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("parked_at", DateTime(timezone=True), nullable=False),
        Column("retry_at", DateTime(timezone=True)),
        Column("raw", LargeBinary),
        Column("begun", Integer, nullable=False, server_default="0"),
        Column("dropped_at", DateTime(timezone=True)),
        Column("drop_reason", Text),
        Index("ix_parked_events_retry_at", "retry_at", postgresql_where="retry_at IS NOT NULL"),
    )
