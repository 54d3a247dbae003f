"""Who listens to what. Every process that publishes declares these queues first, so that no event goes past a listener
that has not started yet."""

from typing import Final

SUBSCRIPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "enrolment": ("drive.resend.requested.v1",),
    "targets": (
        "drive.enrolment.recorded.v1",
        "drive.registry.unit.v1",
        "drive.registry.organisation.v1",
        "drive.registry.collector.v1",
        "drive.enrolment.summary.v1",
        "drive.resend.requested.v1",
    ),
    "notifications": (
        "drive.pace.fell_behind.v1",
        "drive.pace.worsened.v1",
        "drive.pace.recovered.v1",
        "drive.pace.summary.v1",
    ),
}
"""Queue → the event types bound to it (AMQP routing keys)."""

ORDERED: Final = frozenset({"notifications"})
"""Listeners that must hear of a subject in order however many of their workers run: one of these is given messages, the
others stand by. The others' handlers bear any order, and share the messages among their workers."""
