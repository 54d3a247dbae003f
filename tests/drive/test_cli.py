"""The command line refuses what cannot be right, and says what is."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from drive.cli import app
from drive.hosting.dead_letters import DeadLetters
from enrolment_api.audit.usecases import append
from enrolment_api.domain.audit import Note
from services.ids import new_id
from services.security.tokens import Tokens
from tests.conftest import MakeRuntime
from tests.support.installation import PORTS
from tests.support.processes import free_port


@pytest.fixture(autouse=True)
def _logging_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands run in this process, whose log must not go where each of them says."""
    for place in ("services.observability", "drive.demo.play"):
        monkeypatch.setattr(f"{place}.configure_logging", lambda *_, **__: None)


@pytest_asyncio.fixture
async def audited(make_runtime: MakeRuntime) -> URL:
    """A database of enrolment whose audit trail has three entries."""
    runtime = await make_runtime("enrolment")
    note = Note(runtime.clock.now(), "CT", "CT", "list", "GET /v1/enrolments", (), {}, "request-1")
    async with runtime.database.write() as work:
        await append(work, [note] * 3)
    return runtime.database.url


def _drive(*arguments: str, **environment: str) -> Result:
    """It ends by itself: what was wrong is one line, and no exception gets out."""
    done = CliRunner().invoke(app, list(arguments), env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def _refused(*arguments: str, **environment: str) -> str:
    done = _drive(*arguments, **environment)
    assert done.exit_code == 2
    [line] = [line for line in done.stderr.splitlines() if line.startswith("drive: ")]
    return line


def test_nothing_is_started_on_rates_that_are_wrong(tmp_path: Path) -> None:
    file = tmp_path / "rates.toml"
    file.write_text('[[health.rate]]\nsince = 2026-01-01\npercent = "5"\nsource = "a decree"\n')
    for command in (("up",), ("serve", "enrolment"), ("migrate",)):
        said = _refused(*command, DRIVE_RATES_FILE=str(file), DRIVE_DATA_DIR=str(tmp_path / "data"))
        assert said == (
            f"drive: DRIVE_RATES_FILE: {file}: [[health.rate]] number 1 (since 2026-01-01): percent: a number is"
            " expected, without quotes; see docs/contributions.md for the form of each table"
        )


def test_a_token_for_a_scope_that_does_not_exist_is_not_issued() -> None:
    said = _refused("token", "--org", "CT", "--scope", "progress:read enrolments:delete")
    assert "no such scope: enrolments:delete; there are admin" in said


@pytest.mark.parametrize("org", ["", "  ", "Bưu điện", "a b"])
def test_a_token_is_for_an_organisation_that_there_can_be(org: str) -> None:
    assert "--org: give the code of an organisation" in _refused("token", "--org", org, "--scope", "admin")


@pytest.mark.parametrize("scope", ["", "  "])
def test_a_token_has_a_scope(scope: str) -> None:
    assert "--scope: name one at least; there are admin" in _refused("token", "--org", "CT", "--scope", scope)


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf", "1e300", "8785"])
def test_a_token_is_good_for_some_time_up_to_a_year(hours: str) -> None:
    assert "--hours: give more than 0 and at most 8784" in _refused(
        "token", "--org", "CT", "--scope", "admin", "--hours", hours
    )


@pytest.mark.parametrize("option", ["--subject", "--name"])
@pytest.mark.parametrize("text", ["", " ", "Hoa\n", "\udcff", "x" * 256])
def test_a_token_says_of_a_person_what_services_take(option: str, text: str) -> None:
    said = _refused("token", "--org", "CT", "--scope", "admin", option, text, DRIVE_SECRET_KEYS="A" * 43)
    assert said == f"drive: {option}: give a text of one line, of up to 255 characters, or leave it out"


@pytest.mark.parametrize("wait", ["-1", "nan", "inf", "3601"])
def test_nobody_waits_for_a_server_for_longer_than_an_hour(wait: str) -> None:
    assert _refused("migrate", "--wait", wait) == "drive: --wait: give seconds from 0 to 3600"


def test_a_name_of_a_route_is_text() -> None:
    assert _refused("routes", "test", "\udcff") == "drive: name: give text in UTF-8"


def test_an_address_that_there_cannot_be_is_named_with_its_settings() -> None:
    done = _drive("routes", "test", "ops", DRIVE_HOST="999.1.1.1", DRIVE_SECRET_KEYS="A" * 43)
    said = done.stderr.splitlines()[-1]
    assert done.exit_code == 2
    assert "does not answer at http://999.1.1.1:8003" in said
    assert said.endswith("start it, or set DRIVE_HOST and NOTIFICATIONS_PORT to where it is")


def test_a_token_says_which_keys_signed_it(tmp_path: Path) -> None:
    key = secrets.token_urlsafe(32)
    (tmp_path / "secret.keys").write_text(key)
    arguments = ("token", "--org", "BD-CAM-THUY", "--scope", "admin", "--hours", "1")
    done = _drive(*arguments, DRIVE_DATA_DIR=str(tmp_path))
    assert done.stderr == f"drive: signed with the keys of {tmp_path}/secret.keys\n"
    tokens = Tokens([base64.urlsafe_b64decode(key + "==")])
    assert tokens.verify(done.stdout.strip(), datetime.now(UTC)).organisation_code == "BD-CAM-THUY"
    assert _drive(*arguments, DRIVE_SECRET_KEYS=key).stderr == "drive: signed with the keys of DRIVE_SECRET_KEYS\n"


def test_a_token_is_issued_to_a_person_of_an_organisation(tmp_path: Path) -> None:
    key = secrets.token_urlsafe(32)
    who = ["--org", "BHXH-38", "--subject", "hoa.le", "--name", "Lê Thị Hoa"]
    done = _drive("token", "--scope", "alerts:write", *who, DRIVE_SECRET_KEYS=key)
    actor = Tokens([base64.urlsafe_b64decode(key + "==")]).verify(done.stdout.strip(), datetime.now(UTC))
    assert (actor.organisation_code, actor.subject, actor.name) == ("BHXH-38", "hoa.le", "Lê Thị Hoa")


def test_no_keys_are_made_for_a_token_that_nobody_would_take(tmp_path: Path) -> None:
    said = _refused("token", "--org", "CT", "--scope", "admin", DRIVE_DATA_DIR=str(tmp_path / "data"))
    assert f"no keys in {tmp_path}/data/secret.keys: start drive there first, or set DRIVE_DATA_DIR" in said
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_holds_no_keys_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret.keys").write_text("short")
    said = _refused("token", "--org", "CT", "--scope", "admin", DRIVE_DATA_DIR=str(tmp_path))
    assert f"{tmp_path}/secret.keys holds no keys (each key must be at least 32 bytes" in said


def test_dead_letters_of_a_folder_without_databases_are_not_looked_for(tmp_path: Path) -> None:
    said = _refused("dead-letters", "list", DRIVE_DATA_DIR=str(tmp_path / "data"))
    assert f"no databases in {tmp_path}/data: set DRIVE_DATA_DIR" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["migrate"], ["up"], ["serve", "enrolment"], ["demo"]])
def test_a_data_dir_that_cannot_be_used_is_named_by_every_command(command: list[str]) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    assert "DRIVE_DATA_DIR: /proc" in _refused(*command, DRIVE_DATA_DIR="/proc/drive", **ports)


@pytest.mark.parametrize("age", ["1 day", "999999d", "-1h", "٣d"])
def test_an_age_is_one_that_there_can_be(age: str, postgres_server: URL) -> None:
    url = postgres_server.set(drivername="postgresql").render_as_string(hide_password=False)
    said = _refused("dead-letters", "list", "--older-than", age, DATABASE_URL=url)
    assert "--older-than: give a number and a unit" in said


@pytest.mark.parametrize("options", [("list", "--type", "\udcff"), ("drop", str(new_id()), "--reason", "\udcff")])
def test_an_option_that_is_no_text_is_named(options: tuple[str, ...], postgres_server: URL) -> None:
    url = postgres_server.set(drivername="postgresql").render_as_string(hide_password=False)
    said = _refused("dead-letters", *options, DATABASE_URL=url)
    assert f"{options[-2]}: give text in UTF-8" in said


def test_an_error_of_the_program_is_not_taken_for_one_of_its_user(
    postgres_server: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(*_: object, **__: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr(DeadLetters, "find", find)
    url = postgres_server.set(drivername="postgresql").render_as_string(hide_password=False)
    done = CliRunner().invoke(app, ["dead-letters", "list"], env={"DATABASE_URL": url})
    assert isinstance(done.exception, ValueError)


def test_dead_letters_name_the_setting_of_a_database_that_is_not_there(postgres_server: URL) -> None:
    url = postgres_server.set(drivername="postgresql").render_as_string(hide_password=False)
    said = _refused("dead-letters", "list", DATABASE_URL=url, ENROLMENT_DATABASE_URL="postgresql://me@127.0.0.1:1")
    assert "cannot reach PostgreSQL at 127.0.0.1:1 (ENROLMENT_DATABASE_URL): connection refused" in said


def test_what_the_server_refuses_is_one_line(postgres_server: URL) -> None:
    url = postgres_server.set(drivername="postgresql", username="nobody").render_as_string(hide_password=False)
    said = _refused("migrate", "--wait", "5", DATABASE_URL=url)
    assert 'refuses the login: role "nobody" does not exist' in said
    assert "correct user, password or TLS in DATABASE_URL" in said


def _audit_trail(server: URL, **environment: str) -> Callable[..., Result]:
    url = server.set(drivername="postgresql").render_as_string(hide_password=False)
    return lambda *options: _drive("audit", "verify", *options, DATABASE_URL=url, **environment)


def test_a_trail_that_was_left_alone_is_verified_and_a_head_that_it_lacks_is_missed(
    postgres_server: URL, audited: URL
) -> None:
    own = audited.set(drivername="postgresql").render_as_string(hide_password=False)
    verify = _audit_trail(postgres_server, ENROLMENT_DATABASE_URL=own)
    done = verify()
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "audit: 3 entries, none altered or missing")
    head = done.stdout.splitlines()[1].removeprefix("head ")
    assert verify("--expect", head).exit_code == 0
    missed = verify("--expect", "4" + head[1:])
    assert (missed.exit_code, missed.stdout.partition(":")[0]) == (1, "audit")
    assert "entry 4 is broken: it is missing" in missed.stdout
    other = verify("--expect", head, "--expect", "1" + head[1:])
    assert other.exit_code == 1
    assert "entry 1 is broken: its hash is not the expected one" in other.stdout


def test_a_head_is_one_that_was_printed(postgres_server: URL) -> None:
    done = _audit_trail(postgres_server)("--expect", "12")
    assert done.exit_code == 2
    assert "drive: --expect: a head is expected as it was printed" in done.stderr


def test_a_server_that_is_not_there_is_one_line() -> None:
    said = _refused("migrate", "--wait", "0.1", DATABASE_URL="postgresql://me:secret@127.0.0.1:1")
    assert "cannot reach PostgreSQL at 127.0.0.1:1 (DATABASE_URL): connection refused" in said
    assert "secret" not in said
