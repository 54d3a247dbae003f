"""A process says what it is when it starts, without a secret, and how it ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from drive.cli import app
from drive.hosting.configuration import read_configuration
from drive.hosting.lifetime import logged_lifetime, shown_settings
from services.version import VERSION
from tests.support.forked import Forked
from tests.support.installation import PORTS
from tests.support.logged import logged
from tests.support.processes import free_port
from tests.support.waiting import eventually

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"
ENVIRONMENT = {
    "DRIVE_SECRET_KEYS": SECRET,
    "DATABASE_URL": "postgresql://drive:p%2Fw@db.example:5432/drive?sslmode=require",
    "AMQP_URL": "amqp://drive:pa%40ss@broker.example:5672/drive",
    "SMTP_URL": "smtp://drive:m@il@mail.example:587",
    "DRIVE_WEBHOOK_ALLOW": "10.20.0.0/16",
}


def test_settings_are_shown_by_their_names_and_no_secret_is_among_them() -> None:
    shown = shown_settings(*read_configuration(ENVIRONMENT).services.values())
    assert shown["DRIVE_SECRET_KEYS"] == "***"
    assert shown["DATABASE_URL"] == "postgresql://drive:***@db.example:5432/drive?sslmode=***"
    assert shown["AMQP_URL"] == "amqp://drive:***@broker.example:5672/drive"
    assert shown["SMTP_URL"] == "smtp://drive:***@mail.example:587"
    assert shown["DRIVE_WEBHOOK_ALLOW"] == ["10.20.0.0/16"]
    assert shown["NOTIFICATIONS_PORT"] == 8003
    written = json.dumps(shown)
    assert not [each for each in (SECRET, "pa%40", "m@il", "p%2Fw") if each in written]


@pytest.mark.parametrize("password", ["ab://s3cret", "s3cret", "postgresql://s3cret@host/"])
def test_a_password_that_looks_like_a_url_is_not_shown(password: str) -> None:
    given = {"DATABASE_URL": "postgresql://u@db/", "AMQP_URL": "amqp://u@mq/"}
    given |= {"DATABASE_PASSWORD": password, "AMQP_PASSWORD": password}
    shown = shown_settings(*read_configuration(given).services.values())
    assert (shown["DATABASE_PASSWORD"], shown["AMQP_PASSWORD"]) == ("***", "***")
    assert "s3cret" not in json.dumps(shown)


async def test_a_process_that_ends_with_an_error_says_which() -> None:
    async def end_badly() -> None:
        with logged_lifetime("test", read_configuration({}).common):
            raise OSError("with details that may be confidential")

    with logged() as lines, pytest.raises(OSError, match="details"):
        await end_badly()
    assert [(line["event"], line.get("error")) for line in lines] == [("started", None), ("stopped", "OSError")]
    assert "confidential" not in repr(lines)


def lines_of(folder: Path) -> list[Any]:
    """What a process has logged so far."""
    file = folder / "errors"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def test_a_process_logs_that_it_started_with_version_and_settings_and_that_it_stopped(folder: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    environment = {
        **os.environ,
        **ports,
        "DRIVE_DATA_DIR": str(folder),
        "DATABASE_URL": "postgresql://u:pw@127.0.0.1:1/x",
    }
    process = Forked("serve", "targets", environment=environment, output=folder)
    await process.start()

    async def events() -> list[str]:
        return [line["event"] for line in lines_of(folder)][:1]

    try:
        await eventually(events, ["started"])
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)
    started, stopped = (line for line in lines_of(folder) if line["event"] in ("started", "stopped"))
    assert (started["process"], started["service"], started["version"]) == ("targets api", "targets", VERSION)
    assert started["settings"]["DATABASE_URL"] == "postgresql://u:***@127.0.0.1:1/x"
    assert (stopped["event"], stopped["process"]) == ("stopped", "targets api")


def test_the_command_line_names_its_version() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.output) == (0, f"drive {VERSION}\n")
