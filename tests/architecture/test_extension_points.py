"""Steps of the recipes in docs/extending.md that nothing else would miss."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any, get_args

import pytest
from alembic.script import ScriptDirectory
from pydantic import BaseModel, TypeAdapter

import services.contracts
from drive.hosting.services import SERVICES, ServiceName, create_worker, schema_of
from enrolment_api.domain.contribution import Contribution
from enrolment_api.domain.enrolment import Decision, Enrolment
from enrolment_api.enrolments.enrolment_view import view_of
from enrolment_api.enrolments.rows import enrolment_of, row_of
from enrolment_api.enrolments.sign_up_body import AnySignUp, SignUpBody, request_of
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.enrolments import EnrolmentRow
from migrations.upgrade import alembic_config
from notifications.channels.mail.compose import LANGUAGES
from notifications.channels.mail.subject import subject_of
from notifications.channels.mail.words import Words
from notifications.channels.registry import CHANNELS
from services.clock import SystemClock
from services.contracts.envelope import Event
from services.contracts.events import EVENT_TYPES
from services.contracts.subscriptions import BINDINGS, SUBSCRIPTIONS
from services.ids import new_id
from services.messaging.consumer import Handlers
from services.messaging.in_process import InProcessBroker
from services.vocabulary import Measure, Scheme
from services.worker import Worker
from targets_api.domain.target import STOCK_MEASURES, counted_kind
from tests.conftest import MakeRuntime
from tests.enrolment_api.conftest import LAUNCH_DAY, a_sign_up, a_voluntary_sign_up
from tests.notifications.outgoing_message import an_outgoing_message

ROOT = Path(__file__).parents[2]
MEASURES = {
    "new": ("new", False),
    "renewal": ("renewal", False),
    "in_force": ("new", True),
    "coverage": ("new", True),
}
"""The kind of sign-ups that each measure counts, and whether it is a stock, counted from a baseline."""
SIGN_UP: TypeAdapter[AnySignUp] = TypeAdapter(SignUpBody)


def shown_after_storage(body: AnySignUp) -> dict[str, Any]:
    """What is shown of a sign-up that was read, stored, and read from its row."""
    request = request_of(body, "CT", "key-1", "request-1")
    decision = Decision("new", LAUNCH_DAY, LAUNCH_DAY, Contribution(0, 0, 0, 0))
    now, keys = SystemClock().now(), PeopleKeys([b"k" * 32])
    enrolment = Enrolment(new_id(), new_id(), request.sign_up, decision, "recorded", now, request.fingerprint)
    stored = EnrolmentRow(**row_of(request, enrolment, 0, keys))
    return view_of(enrolment_of(stored, keys), clear=True).model_dump(mode="json")


@pytest.mark.parametrize("sign_up", [a_sign_up(), a_voluntary_sign_up()], ids=["health", "voluntary"])
def test_every_field_of_a_sign_up_is_stored_and_shown(sign_up: dict[str, Any]) -> None:
    body = SIGN_UP.validate_python(sign_up)
    assert [name for name in type(body).model_fields if name not in sign_up] == []
    shown = shown_after_storage(body)
    assert {name: shown.get(name) for name in sign_up} == body.model_dump(mode="json")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_needs_its_newest_migration(service: ServiceName) -> None:
    assert ScriptDirectory.from_config(alembic_config(service)).get_heads() == [schema_of(service).revision]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_subscribes_to_the_events_that_it_handles(
    service: ServiceName, make_runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled: list[Handlers] = []
    monkeypatch.setattr(Worker, "consume", lambda _, handlers: handled.append(handlers))
    create_worker(await make_runtime(service), InProcessBroker(BINDINGS))
    assert set().union(*handled) == set(SUBSCRIPTIONS[service])


def test_every_class_of_events_that_are_published_can_be_read() -> None:
    found = [
        kind
        for module in pkgutil.walk_packages(services.contracts.__path__, "services.contracts.")
        for kind in vars(importlib.import_module(module.name)).values()
        if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event and kind.is_published
    ]
    assert set(found) == set(EVENT_TYPES.values())


def test_every_folder_of_channels_has_its_line() -> None:
    folders = {file.parent.name for file in (ROOT / "notifications" / "channels").glob("*/__init__.py")}
    assert folders == set(CHANNELS)


@pytest.mark.parametrize("document", ["channels.md", "routes.md"])
def test_every_channel_has_its_row_in_the_documents(document: str) -> None:
    rows = [line for line in (ROOT / "docs" / document).read_text().splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in row.split("|")[1].replace("`", "").replace(",", " ").split()}
    assert not set(CHANNELS) - named


def test_every_measure_counts_what_it_is_meant_to() -> None:
    words: tuple[Measure, ...] = get_args(Measure)
    assert {word: (counted_kind(word), word in STOCK_MEASURES) for word in words} == MEASURES


@pytest.mark.parametrize("words", LANGUAGES["both"], ids=["vi", "en"])
@pytest.mark.parametrize("field", [("measure", get_args(Measure)), ("scheme", get_args(Scheme))], ids=lambda f: f[0])
def test_a_mail_names_every_measure_and_scheme(field: tuple[str, tuple[str, ...]], words: Words) -> None:
    name, values = field
    alert = an_outgoing_message().notices[0].alert
    subjects = {subject_of(an_outgoing_message(alert=changed(alert, name, value)), words) for value in values}
    assert len(subjects) == len(values)


def changed(model: Any, field: str, value: object) -> Any:
    """A copy of the model with another value."""
    assert isinstance(model, BaseModel)
    return model.model_copy(update={field: value})
