"""The version of everything that progress is read from."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field

from targets_api.tables.base import Base


class VersionCounter(Base, table=True):
    """One of the counters whose sum is the version of everything that progress is read from."""

    __tablename__ = "changes"

    slot: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    n: int = Field(sa_type=BigInteger)
