"""When groups were last told to routes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from notifications.tables.base import Base


class GroupMessageRow(Base, table=True):
    """When the last message of a group to a route was begun; see domain/grouping.py. It ends with the route."""

    __tablename__ = "group_messages"

    route_name: str = Field(primary_key=True, sa_type=Text, foreign_key="routes.name", ondelete="CASCADE")
    group_code: str = Field(primary_key=True, sa_type=Text)
    last_at: datetime
