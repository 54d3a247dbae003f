"""The people who were signed up, each once, sealed; and the indexes by which they are found."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Integer, text
from sqlmodel import Field

from enrolment_api.tables.base import Base


class ParticipantRow(Base, table=True):
    """A person, in all organisations and schemes. `sealed` is what is known of them: see `people.keys`."""

    __tablename__ = "participants"

    id: UUID = Field(primary_key=True)
    sealed: bytes
    version: int = Field(default=1, sa_type=Integer, sa_column_kwargs={"server_default": text("1")})


class ParticipantIndexRow(Base, table=True):
    """The blind index of a person's ID under one key; each person has one for every present key.

    So two processes whose first keys differ conflict on an index that both write, as long as they share a key. There is
    no foreign key: an index and its participant are made together, and removed together.
    """

    __tablename__ = "participant_indexes"

    blind_index: bytes = Field(primary_key=True)
    key_id: bytes
    participant_id: UUID
