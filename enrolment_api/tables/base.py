"""What all tables of this service share."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from services.messaging.tables import add_messaging_tables
from services.persistence.checks import NAMING
from services.reconciliation.tables import add_source_tables, add_totals_tables


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """Metadata of this service alone: each service has a database of its own."""


add_messaging_tables(Base.metadata)
add_totals_tables(Base.metadata)
add_source_tables(Base.metadata)
