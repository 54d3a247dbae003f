"""The two tables of messaging in every service's database."""

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

from services.persistence.storage_options import VACUUMED_BY_COUNT

OUTBOX = "outbox"
DEAD_LETTERS = "dead_letters"


def add_messaging_tables(metadata: MetaData) -> None:
    """Describe the outbox and the dead letters in a service's own metadata; see `dead_letters` for the columns."""
    Table(
        OUTBOX,
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("type", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        postgresql_with=VACUUMED_BY_COUNT,
    )
    Table(
        DEAD_LETTERS,
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("type", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("error", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("kept_at", DateTime(timezone=True), nullable=False),
        Column("retry_at", DateTime(timezone=True)),
        Column("raw", LargeBinary),
        Column("begun", Integer, nullable=False, server_default="0"),
        Column("dropped_at", DateTime(timezone=True)),
        Column("drop_reason", Text),
        Index("ix_dead_letters_retry_at", "retry_at", postgresql_where="retry_at IS NOT NULL"),
    )
