"""What is known of the receivers of routes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from notifications.tables.base import Base


class ReceiverRow(Base, table=True):
    """The receiver of a route, since an attempt was made there; see domain/receiver.py. The row ends with its route,
    and when the route gets another address. Until when the receiver is left alone is `paused_until` of the route.

    `tokens`: how many messages it might be sent at `refilled_at`; null where it was sent none.
    """

    __tablename__ = "receivers"

    route_name: str = Field(primary_key=True, sa_type=Text, foreign_key="routes.name", ondelete="CASCADE")
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    probes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    last_error_at: datetime | None = None
    tokens: float | None = None
    refilled_at: datetime | None = None
