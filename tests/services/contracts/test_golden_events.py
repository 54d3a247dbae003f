"""Events as they were once published: each must be understood for ever, and be written the same way.

A file here is never changed. A new meaning is a new type with a file of its own.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from services.contracts.enrolment import EnrolmentRecorded
from services.contracts.events import EVENT, EVENT_TYPES, EVENTS
from services.contracts.pace import PaceFellBehind
from services.contracts.subscriptions import BINDINGS

GOLDEN = {file.stem: file.read_text() for file in sorted((Path(__file__).parent / "golden").glob("*.json"))}
CLASSES = EVENT_TYPES
PERSONAL = {"full_name", "born_on", "sex", "personal_id", "social_insurance_code", "phone", "participant", "household"}


def field_names(model: type[BaseModel]) -> set[str]:
    """Of the model and of those in it."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(name)
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names |= field_names(annotation)
    return names


def test_there_is_a_golden_file_for_every_type() -> None:
    assert set(GOLDEN) == set(CLASSES)


@pytest.mark.parametrize("name", GOLDEN)
def test_an_event_once_published_is_still_understood_as_what_it_was(name: str) -> None:
    event = EVENT.validate_json(GOLDEN[name])
    assert type(event) is CLASSES[name]
    assert event.type == name
    assert EVENT.validate_python(event.model_dump(mode="json")) == event


@pytest.mark.parametrize("name", GOLDEN)
def test_an_event_is_still_written_the_way_it_was_published(name: str) -> None:
    assert json.loads(EVENT.validate_json(GOLDEN[name]).model_dump_json()) == json.loads(GOLDEN[name])


def test_the_values_in_a_sign_up_are_what_they_say() -> None:
    event = EVENT.validate_json(GOLDEN["drive.enrolment.recorded.v1"])
    assert isinstance(event, EnrolmentRecorded)
    assert event.id == UUID("019a1a2b-3c4d-7e5f-8a9b-000000000001")
    assert event.time == datetime(2025, 10, 25, 2, 3, 4, 567000, tzinfo=UTC)
    assert event.data.signed_on == date(2025, 10, 25)
    assert (event.data.unit_code, event.data.kind, event.data.amount_paid) == ("15142", "new", 1_263_600)


def test_the_values_in_a_lag_are_what_they_say() -> None:
    event = EVENT.validate_json(GOLDEN["drive.pace.fell_behind.v1"])
    assert isinstance(event, PaceFellBehind)
    assert event.data.path == ("38", "15142")
    assert event.data.scope.unit_code == "15142"
    assert (event.data.figures.ratio, event.data.figures.short_by) == (0.23, 5336)


@pytest.mark.parametrize("name", GOLDEN)
def test_an_event_with_fields_of_a_later_version_is_understood(name: str) -> None:
    now = json.loads(GOLDEN[name])
    later = {**now, "traceparent": "00-0af7", "data": {**now["data"], "added_later": {"a": [1]}}}
    assert EVENT.validate_python(later) == EVENT.validate_json(GOLDEN[name])


@pytest.mark.parametrize("name", GOLDEN)
def test_an_event_is_a_cloud_event(name: str) -> None:
    event = json.loads(GOLDEN[name])
    assert event["specversion"] == "1.0"
    assert all(event[attribute] for attribute in ("id", "source", "type", "subject", "time", "datacontenttype"))


def test_a_time_without_a_zone_is_none() -> None:
    event = json.loads(GOLDEN["drive.enrolment.summary.v1"])
    with pytest.raises(ValidationError, match="timezone"):
        EVENT.validate_python(event | {"time": "2025-10-25T02:03:04"})


@pytest.mark.parametrize("name", CLASSES)
def test_no_event_has_a_field_for_personal_data(name: str) -> None:
    assert field_names(CLASSES[name]).isdisjoint(PERSONAL)


@pytest.mark.parametrize("field", ["id", "subject", "data"])
@pytest.mark.parametrize("name", CLASSES)
def test_an_event_cannot_be_changed(name: str, field: str) -> None:
    event = EVENT.validate_json(GOLDEN[name])
    with pytest.raises(ValidationError):
        setattr(event, field, getattr(event, field))


def test_a_batch_keeps_its_order() -> None:
    batch = "[" + ",".join(GOLDEN.values()) + "]"
    assert [event.type for event in EVENTS.validate_json(batch)] == list(GOLDEN)


def test_every_type_with_a_subscription_exists() -> None:
    assert {event_type for types in BINDINGS.values() for event_type in types} <= CLASSES.keys()
