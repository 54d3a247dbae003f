"""`drive keys rotate` seals everything anew, in the databases of all services, and says what it did."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from drive.cli import app
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.people.store import Person, make
from notifications.channels.registry import new_secret
from notifications.channels.signing_secrets import SigningSecrets
from notifications.routing.secrets import RouteSecrets
from notifications.routing.usecases import PutRoute, put_route, rotate_secret
from services.context import context_of
from services.ids import new_id
from services.security.keys import text_of_keys
from tests.conftest import MakeRuntime
from tests.enrolment_api.builders import a_person
from tests.support.runtime import TestRuntime

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32


@pytest.fixture(autouse=True)
def _logging_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command runs in this process, whose log must not go where it says."""
    monkeypatch.setattr("services.observability.configure_logging", lambda *_, **__: None)


async def add_route(runtime: TestRuntime, name: str, key: bytes) -> None:
    """A webhook with a secret and the one before it, sealed with this key."""
    secrets = RouteSecrets(SigningSecrets([key]), new_secret)
    route = PutRoute(name, None, "warning", "webhook", "https://ops.example.org/hook")
    async with runtime.database.write() as work:
        await put_route(work, context_of(runtime.clock), route, secrets)
        await rotate_secret(work, context_of(runtime.clock), name, secrets)


@pytest_asyncio.fixture
async def databases_of_old(make_runtime: MakeRuntime) -> dict[str, str]:
    """The settings of an installation that has one participant and one webhook, sealed with OLD."""
    enrolment, notifications = await make_runtime("enrolment"), await make_runtime("notifications")
    keys = PeopleKeys([OLD])
    person = Person(new_id(), keys.indexes_of(a_person().personal_id))
    async with enrolment.database.write() as work:
        await make(work, keys, {person.id: (person, a_person())})
    await add_route(notifications, "ops", OLD)
    return {
        "DATABASE_URL": dsn(enrolment.database.url),
        "ENROLMENT_DATABASE_URL": dsn(enrolment.database.url),
        "NOTIFICATIONS_DATABASE_URL": dsn(notifications.database.url),
    }


def dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def said(done: Result) -> list[str]:
    """Lines on standard output, without the log, which goes there in tests."""
    return [line for line in done.stdout.splitlines() if not line.startswith("[")]


def rotate(databases: dict[str, str], *keys: bytes) -> Result:
    environment = {**databases, "DRIVE_SECRET_KEYS": text_of_keys(keys)}
    done = CliRunner().invoke(app, ["keys", "rotate"], env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_all_is_sealed_anew_once_and_the_old_key_is_needed_no_more(databases_of_old: dict[str, str]) -> None:
    for keys, counts in (([NEW, OLD], "1 0 0 2"), ([NEW, OLD], "0 0 0 0"), ([NEW], "0 0 1 0")):
        people, sign_ups, indexes, secrets = counts.split()
        done = rotate(databases_of_old, *keys)
        assert (done.exit_code, said(done)) == (
            0,
            [
                f"enrolment: {people} participants and {sign_ups} sign-ups sealed anew",
                f"enrolment: {indexes} indexes of removed keys removed",
                f"notifications: {secrets} secrets sealed anew",
                "all is sealed with the first key; the others may be removed once every process has this one first",
            ],
        )


def test_without_the_old_key_it_says_so_and_removes_nothing(databases_of_old: dict[str, str]) -> None:
    done = rotate(databases_of_old, OTHER)
    [line] = [line for line in done.stderr.splitlines() if line.startswith("drive: ")]
    assert done.exit_code == 2
    assert line.startswith("drive: enrolment: the key that this was sealed with is not among DRIVE_SECRET_KEYS")
    assert said(rotate(databases_of_old, NEW, OLD))[0].startswith("enrolment: 1 participants")


def test_without_any_keys_it_makes_none(databases_of_old: dict[str, str], tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["keys", "rotate"], env={**databases_of_old, "DRIVE_DATA_DIR": str(tmp_path / "none")}
    )
    assert (done.exit_code, "no keys in" in done.stderr) == (2, True)


@pytest_asyncio.fixture
async def with_a_lost_secret(databases_of_old: dict[str, str], make_runtime: MakeRuntime) -> dict[str, str]:
    """The same, and a webhook whose key is gone."""
    notifications = await make_runtime("notifications")
    await add_route(notifications, "lost", OTHER)
    await add_route(notifications, "ops", OLD)
    return databases_of_old | {"NOTIFICATIONS_DATABASE_URL": dsn(notifications.database.url)}


def test_a_webhook_whose_key_is_gone_is_named(with_a_lost_secret: dict[str, str]) -> None:
    done = rotate(with_a_lost_secret, NEW, OLD)
    assert done.exit_code == 1
    assert "notifications: 2 secrets sealed anew" in done.stdout
    assert "no key opens the secret of the route lost: put it anew" in done.stdout
