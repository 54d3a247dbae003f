"""The journey of the demo in six processes: a sign-up becomes progress, and a lag becomes an alert that resolves.

That `make demo` plays it in one process, with the province, is for test_guide.py to show.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from drive.demo.places import EVE
from drive.demo.receiver import receiving
from drive.demo.story import Story
from drive.demo.worlds import six
from drive.hosting.configuration import read_configuration
from tests.drive.own_days import tells_its_own_days
from tests.support.forked import Forked
from tests.support.installation import environment_of
from tests.support.postgres import PrivatePostgres

LOOPBACK = {
    "DRIVE_WEBHOOK_ALLOW": "127.0.0.0/8",
    "DRIVE_REVIEW_SECONDS": "0.2",
    "DRIVE_DEADLINE_SECONDS": "0.2",
    "DRIVE_GROUP_WAIT_SECONDS": "2",
    "DRIVE_GROUP_INTERVAL_SECONDS": "0.5",
}


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes are forked; that each starts from nothing is for the tests of `drive up --processes` to show."""

    async def start(*command: str, env: Mapping[str, str]) -> Forked:
        assert command[:3] == (sys.executable, "-m", "drive")
        process = Forked(*command[3:], environment=env)
        await process.start()
        return process

    monkeypatch.setattr("drive.hosting.processes.asyncio.create_subprocess_exec", start)


@pytest.mark.usefixtures("forked")
async def test_the_story_comes_out_right_in_six_processes_on_rabbitmq_and_a_server(
    private_postgres: PrivatePostgres, rabbitmq_url: str, tmp_path: Path
) -> None:
    environment = environment_of(private_postgres.url, rabbitmq_url, tmp_path, **LOOPBACK)
    environment["DRIVE_PUBLIC_URL"] = f"http://127.0.0.1:{environment['NOTIFICATIONS_PORT']}"
    configuration = read_configuration(environment)
    async with six(configuration, environment, EVE) as world, receiving() as receiver:
        story = Story(world, receiver, print)
        await story.play()
        await story.end()
        assert [check for check in story.checks.made if not check.holds] == []
        assert len(story.checks.made) >= 33
        await tells_its_own_days(world)
    # The receiver has verified the signatures, which carry the real time; what they sign carries that of the story.
    assert {event["time"][:4] for message in receiver.received.values() for event in message} == {"2025"}
