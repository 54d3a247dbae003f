"""Dead letters from the command line, and workers that end again and again while their database is away."""

from __future__ import annotations

import json
import os
from typing import Any

import aio_pika
import pytest

from drive.client.client import until
from tests.faults.faults import DATABASE_FAULTS
from tests.support.forked import Forked
from tests.support.installation import Answers, Installation

RECORDED = "drive.enrolment.recorded.v1"


async def drive(installation: Installation, *arguments: str, code: int = 0) -> str:
    """What a command of `drive dead-letters` says."""
    folder = installation.configuration.common.data_dir
    environment = {**os.environ, **installation.environment}
    process = Forked("dead-letters", *arguments, environment=environment, output=folder)
    await process.start()
    assert await process.wait() == code, (folder / "errors").read_text()
    return (folder / ("output" if code == 0 else "errors")).read_text()


async def dead_letters_of(installation: Installation, *arguments: str) -> list[dict[str, Any]]:
    """The list, read as a program would."""
    return [json.loads(line) for line in (await drive(installation, "list", "--json", *arguments)).splitlines()]


async def give_up_on_one_message(installation: Installation) -> None:
    """Let RabbitMQ dead-letter a message."""
    async with await aio_pika.connect(installation.environment["AMQP_URL"]) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("drive.targets")
        while (message := await queue.get()).routing_key != RECORDED:
            await channel.default_exchange.publish(_copy(message, {}), "drive.targets")
            await message.ack()
        death: dict[str, Any] = {"queue": "drive.targets", "reason": "delivery_limit", "routing-keys": [RECORDED]}
        await channel.default_exchange.publish(_copy(message, {"x-death": [death]}), "drive.dead")
        await message.ack()


def _copy(message: Any, headers: dict[str, Any]) -> aio_pika.Message:
    return aio_pika.Message(message.body, message_id=message.message_id, headers=headers)


async def lose_one_of_four(installation: Installation, answers: Answers) -> None:
    """Three sign-ups are counted; RabbitMQ gives up on the fourth, and something broken waits behind it."""
    await installation.start_all()
    await installation.register()
    await installation.sign_up(installation.people(3), answers)
    await installation.counted_once(answers)
    await installation.stop("worker", "targets")
    await installation.sign_up(installation.people(1), answers)
    await until(
        "an empty outbox", lambda: installation.rows("enrolment", "SELECT 1 FROM outbox"), lambda rows: not rows
    )
    await give_up_on_one_message(installation)
    async with await aio_pika.connect(installation.environment["AMQP_URL"]) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"not JSON", type=RECORDED), "drive.targets")


async def test_dead_letters_are_listed_shown_replayed_and_dropped(installation: Installation) -> None:
    answers = Answers()
    await lose_one_of_four(installation, answers)
    [dead] = await dead_letters_of(installation)
    assert (dead["service"], dead["state"], dead["type"]) == ("targets", "dead", RECORDED)
    assert "delivery_limit" in dead["error"]
    assert str(answers.taken.popitem()[1]) in json.loads(await drive(installation, "show", dead["id"]))["body"]
    await installation.start("worker", "targets")
    await installation.ready("worker", "targets")
    await until("a broken message", lambda: dead_letters_of(installation), lambda found: len(found) == 2, seconds=60)
    assert "1 to be tried again" in await drive(installation, "replay", dead["id"])
    await until(
        "a replayed dead letter", lambda: dead_letters_of(installation), lambda found: len(found) == 1, seconds=60
    )
    ledger = "SELECT 1 FROM ledger"
    await until("4 sign-ups", lambda: installation.rows("targets", ledger), lambda rows: len(rows) == 4, seconds=60)
    await drive(installation, "replay", "--type", RECORDED, "--older-than", "1h")
    [broken] = await dead_letters_of(installation)
    assert "no dead letter" in await drive(installation, "replay", dead["id"], code=2)
    assert "say why" in await drive(installation, "drop", broken["id"], "--reason", " ", code=2)
    await drive(installation, "drop", broken["id"], "--reason", "test data of another system")
    assert await dead_letters_of(installation) == []
    [dropped] = await dead_letters_of(installation, "--all")
    assert (dropped["state"], dropped["drop_reason"]) == ("dropped", "test data of another system")
    assert len(await installation.rows("targets", ledger)) == 4


@pytest.mark.long
@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_a_worker_that_ends_again_and_again_while_its_database_is_away_loses_nothing(
    installation: Installation, how: str
) -> None:
    answers = Answers()
    await installation.start_all()
    await installation.register()
    async with DATABASE_FAULTS["connections not allowed"](installation, "targets"):
        await installation.sign_up(installation.people(60), answers)
        for _ in range(24):
            await installation.has_health("worker", "targets", 503)
            await (installation.kill if how == "killed" else installation.stop)("worker", "targets")
            await installation.start("worker", "targets")
    await installation.counted_once(answers)
    assert await installation.rows("targets", "SELECT 1 FROM dead_letters") == []
