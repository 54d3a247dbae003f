"""Where alerts have left."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from notifications.tables.base import Base
from services.persistence.snapshots import TransactionNumber


class DepartureRow(Base, table=True):
    """Units that an alert is not below any more, and organisations that it does not belong to any more, since the
    transaction `xid`: streams tell those that it is gone who listen to them. It is kept as long as ids of streams go
    back."""

    __tablename__ = "alert_departures"
    __table_args__ = (Index("ix_alert_departures_xid", "xid"), Index("ix_alert_departures_at", "at"))

    seq: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)])
    xid: int | None = Field(
        default=None,
        nullable=False,
        sa_type=TransactionNumber,
        sa_column_kwargs={"server_default": text("pg_current_xact_id()")},
    )
    at: datetime = Field(sa_column_kwargs={"server_default": text("now()")})
    alert_id: UUID = Field(foreign_key="alerts.id")
    units: list[str] = Field(sa_type=ARRAY(Text))
    organisations: list[str] = Field(sa_type=ARRAY(Text))
