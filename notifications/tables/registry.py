"""The units and organisations that are registered."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field

from notifications.tables.base import Base
from services.persistence.checks import one_of
from services.persistence.words import words_in
from services.vocabulary import UnitLevel

ORGANISATION_WORDS: Final = words_in("name")
"""The name of an organisation, word by word."""


class UnitRow(Base, table=True):
    """A unit at its highest version: what its checksum is made of. Codes that differ only in case are one.

    `name` and `level` are null where the version before wrote the row."""

    __tablename__ = "units"
    __table_args__ = (
        one_of("level", UnitLevel),
        Index("ix_units_upper_code", text("upper(code)")),
    )

    code: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    name: str | None = Field(default=None, sa_type=Text)
    level: UnitLevel | None = Field(default=None, sa_type=Text)


class OrganisationRow(Base, table=True):
    """A collection organisation at its highest version; alerts are found by its name."""

    __tablename__ = "organisations"
    __table_args__ = (Index("ix_organisations_words", text(f"({ORGANISATION_WORDS})"), postgresql_using="gin"),)

    code: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    name: str = Field(sa_type=Text)
