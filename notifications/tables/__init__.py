"""The tables of the notifications database."""

from typing import Final

from notifications.tables import (
    alerts,
    causes,
    deliveries,
    escalations,
    group_messages,
    ownership,
    pace_differences,
    receivers,
    registry,
    reports,
    routing,
    timeline,
)
from notifications.tables.base import Base
from services.persistence.schema import Schema

__all__ = [
    "SCHEMA",
    "alerts",
    "causes",
    "deliveries",
    "escalations",
    "group_messages",
    "ownership",
    "pace_differences",
    "receivers",
    "registry",
    "reports",
    "routing",
    "timeline",
]

SCHEMA: Final = Schema("notifications", Base.metadata, revision="notifications_0020")
