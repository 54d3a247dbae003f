"""Who listens to what. Every process that publishes declares these queues first, so that no event goes past a listener
that has not started yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.contracts.enrolment import EnrolmentCancelled, EnrolmentCorrected, EnrolmentRecorded
from services.contracts.envelope import Event, type_of
from services.contracts.pace import PaceFellBehind, PaceRecovered, PaceWorsened
from services.contracts.reconciliation import EnrolmentSummary, PaceSummary, ResendRequested
from services.contracts.registry import CollectorRegistered, OrganisationRegistered, UnitRegistered

SUBSCRIPTIONS: Final[Mapping[str, tuple[type[Event], ...]]] = {
    "enrolment": (ResendRequested,),
    "targets": (
        UnitRegistered,
        OrganisationRegistered,
        CollectorRegistered,
        EnrolmentRecorded,
        EnrolmentCorrected,
        EnrolmentCancelled,
        ResendRequested,
        EnrolmentSummary,
    ),
    "notifications": (
        UnitRegistered,
        OrganisationRegistered,
        PaceFellBehind,
        PaceWorsened,
        PaceRecovered,
        PaceSummary,
        EnrolmentSummary,
    ),
}
"""Listener → the events it handles."""

BINDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    listener: tuple(type_of(event) for event in events) for listener, events in SUBSCRIPTIONS.items()
}
"""Listener → the types bound to its queue (AMQP routing keys)."""

EXCHANGE: Final = "drive.events"
"""The topic exchange in RabbitMQ; the routing key of a message is the type of its events."""
ORDERED: Final = frozenset({"notifications"})
"""Listeners that must receive the events of a subject in order, however many of their workers run: one of these is
given messages, the others stand by. Handlers of other listeners accept any order; their workers share the messages."""
