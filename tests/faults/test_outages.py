"""Servers that go away and come back while people sign up."""

from __future__ import annotations

import asyncio
from pathlib import Path

from drive.client.client import until
from drive.hosting.processes import COMMANDS
from tests.faults.conftest import migrate
from tests.support.installation import Answers, Installation, an_installation, environment_of
from tests.support.postgres import PrivatePostgres
from tests.support.rabbitmq_node import PrivateRabbit

OUTAGE_SECONDS = 10.0


async def test_sign_ups_go_on_while_the_broker_is_away_and_all_are_counted_once_it_is_back(
    durable_postgres: PrivatePostgres, private_rabbitmq: PrivateRabbit, tmp_path: Path
) -> None:
    answers = Answers()
    async with an_installation(environment_of(durable_postgres.url, private_rabbitmq.url, tmp_path)) as installation:
        await installation.start_all()
        await installation.register()
        await installation.sign_up(installation.people(50), answers)
        await asyncio.to_thread(private_rabbitmq.stop)
        back_at = asyncio.get_running_loop().time() + OUTAGE_SECONDS
        while asyncio.get_running_loop().time() < back_at:
            await installation.sign_up(installation.people(20), answers, at_once=1)
        assert answers.refused == []
        assert answers.cut_off == 0
        assert await installation.health("serve", "enrolment") == 200
        assert await installation.health("worker", "enrolment") == 503
        await asyncio.to_thread(private_rabbitmq.start)
        await installation.sign_up(installation.people(50), answers)
        await installation.counted_once(answers)
        await installation.ready("worker", "enrolment")


async def test_while_postgresql_restarts_the_answer_is_503_and_every_201_ever_given_is_counted_once(
    installation: Installation, durable_postgres: PrivatePostgres
) -> None:
    answers = Answers()
    await installation.start_all()
    await installation.register()
    load = asyncio.create_task(installation.sign_up(installation.people(400), answers))
    await installation.has_taken(60, answers)
    await asyncio.to_thread(durable_postgres.stop, immediate=True)
    await until("refusals", lambda: _refusals(answers), lambda n: n >= 5)
    await asyncio.to_thread(durable_postgres.start)
    await load
    assert set(answers.refused) == {503}
    assert answers.without_retry_after == 0
    assert answers.cut_off == 0
    await installation.counted_once(answers)


async def _refusals(answers: Answers) -> int:
    return len(answers.refused)


async def test_processes_started_before_broker_and_database_exist_get_to_work_once_they_do(
    empty_postgres: PrivatePostgres, tmp_path: Path
) -> None:
    postgres, rabbit, answers = PrivatePostgres(durable=True, like=empty_postgres), PrivateRabbit(), Answers()
    try:
        async with an_installation(environment_of(postgres.url, rabbit.url, tmp_path)) as installation:
            for verb, service in COMMANDS:
                await installation.start(verb, service)
            for verb, service in COMMANDS:
                await installation.has_health(verb, service, 503)
            await asyncio.to_thread(postgres.start)
            await migrate(installation)
            await installation.ready("serve", "enrolment")
            await installation.register()
            await installation.sign_up(installation.people(30), answers)
            await asyncio.to_thread(rabbit.start)
            await installation.counted_once(answers)
            for verb, service in COMMANDS:
                await installation.ready(verb, service)
    finally:
        rabbit.remove()
        postgres.remove()
