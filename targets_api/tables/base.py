"""The metadata of this service's own database."""

from __future__ import annotations

from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from services.messaging.tables import add_messaging_tables
from services.reconciliation.tables import add_listener_tables, add_source_tables, add_totals_tables


class Base(SQLModel, registry=registry()):
    """What every row of this service descends from."""


add_messaging_tables(Base.metadata)
add_totals_tables(Base.metadata)
add_source_tables(Base.metadata)
add_listener_tables(Base.metadata)
