"""The tables of the notifications database."""

from typing import Final

from notifications.tables import alerts, deliveries, ownership, pace_differences, receivers, registry, routing
from notifications.tables.base import Base
from services.persistence.schema import Schema

__all__ = ["SCHEMA", "alerts", "deliveries", "ownership", "pace_differences", "receivers", "registry", "routing"]

SCHEMA: Final = Schema("notifications", Base.metadata, revision="notifications_0015")
