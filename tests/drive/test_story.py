"""The same journey on both backends: a sign-up becomes progress, and a lag becomes an alert that resolves."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from drive.client.client import Client
from drive.demo.mails import text_of
from drive.demo.places import AGENCY, EVE
from drive.demo.province.chapter import Province
from drive.demo.receiver import Receiver, receiving
from drive.demo.story import Story
from drive.demo.worlds import World, one_process, six
from drive.hosting.configuration import read_configuration
from drive.hosting.one_service import databases
from tests.support.forked import Forked
from tests.support.installation import PORTS, environment_of
from tests.support.postgres import PrivatePostgres
from tests.support.processes import free_port

LOOPBACK = {
    "DRIVE_WEBHOOK_ALLOW": "127.0.0.0/8",
    "DRIVE_REVIEW_SECONDS": "0.2",
    "DRIVE_DEADLINE_SECONDS": "0.2",
    "DRIVE_GROUP_WAIT_SECONDS": "2",
    "DRIVE_GROUP_INTERVAL_SECONDS": "0.5",
}
DAYS = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
NEXT_DIGEST = date(2026, 1, 1)
"""That of the story's last day names when the next one comes."""


async def _play(world: World, *, with_province: bool) -> None:
    async with receiving() as receiver:
        story = Story(world, receiver, print)
        await story.play()
        if with_province:
            await Province(world, receiver, print, story.checks).play()
        await story.end()
    assert [check for check in story.checks.made if not check.holds] == []
    assert len(story.checks.made) >= (47 if with_province else 33)
    await _tells_its_own_days(world, receiver)


async def _tells_its_own_days(world: World, receiver: Receiver) -> None:
    """The receiver has verified the signatures, which carry the real time; what they sign carries that of the story."""
    async with Client(world.urls, world.token(AGENCY, "alerts:read")) as client:
        for path in ("/v1/alerts", "/v1/deliveries"):
            items = (await client.send("GET", "notifications", path))["items"]
            times = [item[name] for item in items for name in ("raised_at", "queued_at", "sent_at") if item.get(name)]
            assert times
            assert {time[:4] for time in times} == {"2025"}
    assert {event["time"][:4] for message in receiver.received.values() for event in message} == {"2025"}
    mails = world.mails()
    assert {parsedate_to_datetime(mail["Date"]).year for mail in mails} == {2025}
    days = {date(int(y), int(m), int(d)) for mail in mails for d, m, y in DAYS.findall(text_of(mail))}
    assert days
    assert max(days) <= NEXT_DIGEST


async def test_the_story_and_the_province_come_out_right_in_one_process_on_the_embedded_default(folder: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    links = {"DRIVE_PUBLIC_URL": f"http://127.0.0.1:{ports['NOTIFICATIONS_PORT']}"}
    configuration = read_configuration({"DRIVE_DATA_DIR": str(folder), **LOOPBACK, **ports, **links})
    with databases(configuration) as urls:
        async with one_process(configuration, urls, EVE) as world:
            await _play(world, with_province=True)


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
    async with six(configuration, environment, EVE) as world:
        await _play(world, with_province=False)
