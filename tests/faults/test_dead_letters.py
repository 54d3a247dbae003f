"""Dead letters from the command line, and workers that end again and again while their database is away."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import aio_pika
import pytest

from drive.client.client import until
from tests.faults.faults import DATABASE_FAULTS
from tests.support.town import Answers, Town

RECORDED = "drive.enrolment.recorded.v1"


async def drive(town: Town, *arguments: str, code: int = 0) -> str:
    """What a command of `drive dead-letters` says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drive", "dead-letters", *arguments),
        env={**os.environ, **town.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == code, errors.decode()
    return (output if code == 0 else errors).decode()


async def letters(town: Town, *arguments: str) -> list[dict[str, Any]]:
    """The list, read as a program would."""
    return [json.loads(line) for line in (await drive(town, "list", "--json", *arguments)).splitlines()]


async def give_up_on_one_message(town: Town) -> None:
    """What RabbitMQ does to a message that it gives up on."""
    async with await aio_pika.connect(town.environment["AMQP_URL"]) as connection:
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


async def lose_one_of_four(town: Town, answers: Answers) -> None:
    """Three sign-ups are counted; RabbitMQ gives up on the fourth, and something broken waits behind it."""
    await town.start_all()
    await town.register()
    await town.sign_up(town.people(3), answers)
    await town.counted_once(answers)
    await town.stop("worker", "targets")
    await town.sign_up(town.people(1), answers)
    await until("an empty outbox", lambda: town.rows("enrolment", "SELECT 1 FROM outbox"), lambda rows: not rows)
    await give_up_on_one_message(town)
    async with await aio_pika.connect(town.environment["AMQP_URL"]) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"not JSON", type=RECORDED), "drive.targets")


async def test_dead_letters_are_listed_shown_replayed_and_dropped(town: Town) -> None:
    answers = Answers()
    await lose_one_of_four(town, answers)
    [dead] = await letters(town)
    assert (dead["service"], dead["state"], dead["type"]) == ("targets", "dead", RECORDED)
    assert "delivery_limit" in dead["error"]
    assert str(answers.taken.popitem()[1]) in json.loads(await drive(town, "show", dead["id"]))["body"]
    await town.start("worker", "targets")
    await town.ready("worker", "targets")
    await until("a broken message", lambda: letters(town), lambda found: len(found) == 2, seconds=60)
    assert "1 to be tried again" in await drive(town, "replay", dead["id"])
    await until("a replayed letter", lambda: letters(town), lambda found: len(found) == 1, seconds=60)
    assert len(await town.rows("targets", "SELECT 1 FROM ledger")) == 4
    await drive(town, "replay", "--type", RECORDED, "--older-than", "1h")
    [broken] = await letters(town)
    assert "no dead letter" in await drive(town, "replay", dead["id"], code=2)
    assert "say why" in await drive(town, "drop", broken["id"], "--reason", " ", code=2)
    await drive(town, "drop", broken["id"], "--reason", "not ours")
    assert await letters(town) == []
    [dropped] = await letters(town, "--all")
    assert (dropped["state"], dropped["drop_reason"]) == ("dropped", "not ours")
    assert len(await town.rows("targets", "SELECT 1 FROM ledger")) == 4


@pytest.mark.long
@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_a_worker_that_ends_again_and_again_while_its_database_is_away_loses_nothing(
    town: Town, how: str
) -> None:
    answers = Answers()
    await town.start_all()
    await town.register()
    async with DATABASE_FAULTS["connections not allowed"](town, "targets"):
        await town.sign_up(town.people(60), answers)
        for _ in range(24):
            await town.has_health("worker", "targets", 503)
            await (town.kill if how == "killed" else town.stop)("worker", "targets")
            await town.start("worker", "targets")
    await town.counted_once(answers)
    assert await town.rows("targets", "SELECT 1 FROM parked_events") == []
