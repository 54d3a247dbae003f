"""Whatever one client sends, others are answered in time, and the answer is short."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio

from drive.hosting.services import SERVICES
from tests.faults.hostile import ATTACKS, Attack, attacked, read_calmly
from tests.support.installation import Installation, an_installation, environment_of
from tests.support.postgres import PrivatePostgres

SECONDS = 0.25
"""What 99 of 100 reads may take, on top of what they take on this machine when nobody attacks."""
CALM_SECONDS = 0.3
"""For some hundred reads."""
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
    base = attackable.configuration.addresses()[attack.service]
    token = attackable.user("CT", "admin").token
    measured: list[float] = []
    while len(measured) < MOST_MEASURED and min(measured, default=SECONDS) >= SECONDS:
        measured.append(await slowed_down(base, token, attack))
    assert min(measured) < SECONDS


async def slowed_down(base: str, token: str, attack: Attack) -> float:
    """By how many seconds the attack makes 99 of 100 reads slower. Its answers are those that it should get."""
    calm = await read_calmly(base, token, attack, seconds=CALM_SECONDS)
    answers, taken = await attacked(base, token, attack, clients=CLIENTS, times=TIMES)
    assert {seen.status for seen in answers} == {attack.status}
    assert max(len(seen.body) for seen in answers) < attack.longest_answer
    return of_99(taken) - of_99(calm)


def of_99(taken: Sequence[float]) -> float:
    """What 99 of 100 took, of times in order of length."""
    return taken[int(len(taken) * 0.99)]
