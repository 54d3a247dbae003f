"""Builders of events and messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from services.contracts.enrolment import EnrolmentFacts, EnrolmentRecorded
from services.contracts.envelope import Event
from services.contracts.registry import UnitFacts, UnitRegistered
from services.ids import new_id
from services.messaging.broker import EventMessage

_TIME = datetime(2025, 10, 25, 2, 0, tzinfo=UTC)


def a_sign_up(subject: str = "CT-0001", *, event_id: UUID | None = None) -> EnrolmentRecorded:
    """A sign-up of Cẩm Thạch's launch day."""
    facts = EnrolmentFacts(
        enrolment_id=new_id(),
        organisation_code="CT",
        collector_code="CT-07",
        unit_code="15142",
        scheme="household_health",
        kind="new",
        signed_on=date(2025, 10, 25),
        months=12,
        covered_from=date(2025, 11, 24),
        covered_to=date(2026, 11, 23),
        amount_paid=1_263_600,
    )
    return EnrolmentRecorded(id=event_id or new_id(), subject=subject, time=_TIME, correlationid="test", data=facts)


def a_unit(subject: str = "15142") -> UnitRegistered:
    """A commune in the registry."""
    facts = UnitFacts(code=subject, name="Xã Cẩm Thạch", level="commune", parent_code="38", version=1)
    return UnitRegistered(id=new_id(), subject=subject, time=_TIME, correlationid="test", data=facts)


def a_message(*events: Event) -> EventMessage:
    """Events of one type as the relay sends them."""
    body = "[" + ",".join(event.model_dump_json() for event in events) + "]"
    return EventMessage(str(new_id()), events[0].type, body.encode())


def raw(body: bytes | str, event_type: str = "drive.enrolment.recorded.v1") -> EventMessage:
    """A message with any body at all."""
    return EventMessage(str(new_id()), event_type, body if isinstance(body, bytes) else body.encode())


def numbered(count: int, event_type: str) -> Sequence[EventMessage]:
    """Messages whose bodies are numbered."""
    return [EventMessage(str(new_id()), event_type, str(number).encode()) for number in range(count)]
