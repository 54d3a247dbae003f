"""Whatever one client sends, others are answered in time, and the answer is short."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio

from drive.hosting.services import SERVICES
from tests.faults.hostile import ATTACKS, Attack, attacked
from tests.support.cost import Scheduled
from tests.support.installation import Installation, an_installation, environment_of
from tests.support.postgres import PrivatePostgres

SECONDS = 0.25
"""What 99 of 100 reads may take, on top of what they take of a service that nobody attacks, at the same time: where no
process waits for a processor."""
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


MOST_MEASURED = 6
"""What holds up others does so each time; a machine that is busy with something else only now and then."""


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
async def test_a_request_that_is_refused_holds_up_nobody_else(attackable: Installation, attack: Attack) -> None:
    measured: list[float] = []
    while len(measured) < MOST_MEASURED and min(measured, default=SECONDS) >= SECONDS:
        measured.append(await slowed_down(attackable, attack))
    assert min(measured) < SECONDS


async def slowed_down(installation: Installation, attack: Attack) -> float:
    """By how many seconds the attack makes 99 of 100 reads slower. Its answers are those that it should get."""
    addresses, token = installation.configuration.addresses(), installation.user("CT", "admin").token
    pid = installation.processes["serve", attack.service].pid
    before = Scheduled.of(pid)
    answers, taken, beside = await attacked(addresses, token, attack, clients=CLIENTS, times=TIMES)
    slowness = Scheduled.of(pid).slowness_since(before)
    assert {seen.status for seen in answers} == {attack.status}
    assert max(len(seen.body) for seen in answers) < attack.longest_answer
    return (of_99(taken) - of_99(beside)) / slowness


def of_99(taken: Sequence[float]) -> float:
    """What 99 of 100 took, of times in order of length."""
    return taken[int(len(taken) * 0.99)]
