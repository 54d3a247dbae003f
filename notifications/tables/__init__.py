"""The tables of the notifications database."""

from typing import Final

from notifications.tables import (
    alerts,
    causes,
    deliveries,
    departures,
    digests,
    escalations,
    group_messages,
    hushed,
    inhibitions,
    ownership,
    pace_differences,
    receivers,
    registry,
    reports,
    routing,
    silences,
    timeline,
)
from notifications.tables.base import Base
from services.persistence.schema import Schema

__all__ = [
    "SCHEMA",
    "alerts",
    "causes",
    "deliveries",
    "departures",
    "digests",
    "escalations",
    "group_messages",
    "hushed",
    "inhibitions",
    "ownership",
    "pace_differences",
    "receivers",
    "registry",
    "reports",
    "routing",
    "silences",
    "timeline",
]

SCHEMA: Final = Schema("notifications", Base.metadata, revision="notifications_0029", plans="anew")
"""A plan for any parameters and few rows is a bad one: ten thousand alerts may be raised on one day."""
