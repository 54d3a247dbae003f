"""Whatever one client sends, others are answered in time, and the answer is short."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from drive.hosting.services import SERVICES
from tests.faults.hostile import ATTACKS, Attack, attacked
from tests.support.installation import Installation, an_installation, environment_of
from tests.support.load import here_and_now
from tests.support.postgres import PrivatePostgres

SECONDS = 0.25
"""How long a read may take, 99 times of 100."""
CLIENTS, TIMES = 3, 2
NO_BROKER = "amqp://nobody@127.0.0.1:1/none"
"""Processes that answer requests leave publishing to the workers."""


@pytest_asyncio.fixture(scope="module")
async def attackable(
    migrated_postgres: PrivatePostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """The three services as processes of their own, which no attack changes."""
    server = PrivatePostgres(like=migrated_postgres)
    try:
        server.start()
        environment = environment_of(server.url, NO_BROKER, tmp_path_factory.mktemp("hostile"))
        async with an_installation(environment) as installation:
            for service in SERVICES:
                await installation.start("serve", service)
            for service in SERVICES:
                await installation.ready("serve", service)
            yield installation
    finally:
        server.remove()


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
async def test_a_request_that_is_refused_holds_up_nobody_else(attackable: Installation, attack: Attack) -> None:
    base = attackable.configuration.addresses()[attack.service]
    token = attackable.user("CT", "admin").token
    slowest: list[float] = []
    while len(slowest) < 2 and (not slowest or slowest[-1] > here_and_now(SECONDS)):
        answers, taken = await attacked(base, token, attack, clients=CLIENTS, times=TIMES)
        assert {seen.status for seen in answers} == {attack.status}
        assert max(len(seen.body) for seen in answers) < attack.longest_answer
        slowest.append(taken[int(len(taken) * 0.99)])
    assert slowest[-1] < here_and_now(SECONDS), slowest
