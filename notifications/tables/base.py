"""The base of this service's rows, with a metadata of its own."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from services.messaging.tables import add_messaging_tables
from services.persistence.checks import NAMING
from services.reconciliation.tables import add_listener_tables


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """What every row of this service descends from."""


add_messaging_tables(Base.metadata)
add_listener_tables(Base.metadata)
