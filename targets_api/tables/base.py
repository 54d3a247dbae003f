"""The metadata of this service's own database."""

from __future__ import annotations

from sqlalchemy import Index, MetaData, text
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from services.messaging.tables import add_messaging_tables
from services.persistence.checks import NAMING
from services.persistence.versions import add_version_table
from services.reconciliation.tables import add_listener_tables, add_source_tables, add_totals_tables


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """What every row of this service descends from."""


add_messaging_tables(Base.metadata)
add_totals_tables(Base.metadata)
add_source_tables(Base.metadata)
add_listener_tables(Base.metadata)
add_version_table(Base.metadata)
_heard = Base.metadata.tables["heard_summaries"].c
Index("ix_heard_summaries_missing", _heard.kind, postgresql_where=text("verdict = 'missing'"))
"""Progress asks before each answer whether there are any."""
