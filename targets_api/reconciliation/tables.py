"""What is to be done after entries were taken out of the ledger."""

from __future__ import annotations

from sqlalchemy import BigInteger, Identity
from sqlmodel import Field

from targets_api.tables import Base


class Recount(Base, table=True):
    """A statement took entries out of the ledger: targets are to be counted anew from the tallies."""

    __tablename__ = "recounts"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)])
