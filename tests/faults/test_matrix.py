"""Faults × services, on six processes: when a fault is over, every 201 is counted once and every lag alerted once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from drive.client.client import Refused, until
from drive.demo.places import AGENCY, CAM_THACH
from drive.hosting.processes import COMMANDS
from services.settings import ServiceName
from tests.faults.conftest import a_role, migrate
from tests.faults.faults import BROKER_FAULTS, DATABASE_FAULTS, PROCESS_FAULTS, Fault
from tests.support.postgres import PrivatePostgres
from tests.support.rabbitmq_node import a_private_node
from tests.support.town import Answers, Town, a_town, environment_of

FAULTS = DATABASE_FAULTS | PROCESS_FAULTS | BROKER_FAULTS
LISTENERS: tuple[ServiceName, ...] = ("targets", "notifications")
EVERY: tuple[ServiceName, ...] = ("enrolment", *LISTENERS)
ALWAYS = {
    ("connections not allowed", "targets"),
    ("role without grants", "notifications"),
    ("read-only", "enrolment"),
    ("disk full", "targets"),
    ("worker killed", "notifications"),
    ("exchange deleted", "targets"),
}
"""One of each kind is part of every run; the others run with `make test-faults`."""


def _cases() -> list[object]:
    cases: list[tuple[str, ServiceName]] = [(name, service) for name in DATABASE_FAULTS for service in EVERY]
    cases += [(name, service) for name in PROCESS_FAULTS for service in EVERY]
    cases += [(name, "targets") for name in BROKER_FAULTS]
    return [
        pytest.param(
            name, service, id=f"{name}-{service}", marks=[] if (name, service) in ALWAYS else [pytest.mark.long]
        )
        for name, service in cases
    ]


@dataclass
class City:
    """A town that stands through all faults of this module, and what its partners were told."""

    town: Town
    answers: Answers = field(default_factory=Answers)
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def lag(self) -> UUID:
        """Set a target that cannot be reached any more, until it is taken."""
        target = {
            "scope": {"unit_code": CAM_THACH.code},
            "scheme": "household_health",
            "measure": "new",
            "value": 9_000,
            "starts_on": "2025-01-01",
            "ends_on": "2025-12-31",
            "name": f"fault {next(self.numbers)}",
        }
        async with self.town.user(AGENCY, "targets:write") as agency:
            while True:
                try:
                    return UUID((await agency.send("POST", "targets", "/v1/targets", target))["id"])
                except Refused as error:
                    assert ": 503 " in str(error)  # noqa: PT017 - nothing else may be answered meanwhile
                    await asyncio.sleep(0.2)

    async def is_felt(self, service: ServiceName, refused_before: int) -> None:
        """Wait until the service says that it cannot work: its worker is not ready, or its API refuses."""

        async def says() -> bool:
            refuses = service == "enrolment" and len(self.answers.refused) > refused_before
            return refuses or await self.town.health("worker", service) == 503

        await until("a service that says so", says, bool, seconds=60)

    async def is_alerted_once(self, target_id: UUID) -> None:
        """The lag is told once, to everybody who is to hear of it."""
        query = f"""
            SELECT d.state FROM deliveries d JOIN alerts a ON a.id = d.alert_id
            WHERE a.target_id = '{target_id}' AND d.change = 'raised'
        """  # noqa: S608 - our own words

        async def states() -> list[str]:
            return [row["state"] for row in await self.town.rows("notifications", query)]

        await until("a lag that is told", states, lambda found: found == ["sent"], seconds=60)

    async def is_well(self) -> None:
        """Every process is ready."""
        for verb, service in COMMANDS:
            await self.town.ready(verb, service)


@pytest_asyncio.fixture(scope="module")
async def city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[City]:
    """On a PostgreSQL and a RabbitMQ of its own, under a role that is no superuser."""
    postgres = PrivatePostgres(durable=True)
    try:
        postgres.start()
        with a_private_node() as node:
            url = await a_role(postgres.url)
            data: Path = tmp_path_factory.mktemp("city")
            async with a_town(environment_of(url, node.url, data, DRIVE_RECONCILE_SECONDS="2")) as town:
                town.rabbitmqctl = node.control
                await migrate(town)
                await town.start_all()
                await town.register()
                async with town.user(AGENCY, "alerts:write") as ops:
                    route = {"channel": "mail", "address": "ops@example.org", "under": "38"}
                    await ops.send("PUT", "notifications", "/v1/routes/ops", route)
                yield City(town)
    finally:
        postgres.remove()


@pytest.mark.parametrize(("name", "service"), _cases())
async def test_when_a_fault_is_over_every_201_is_counted_once_and_every_lag_alerted_once(
    city: City, name: str, service: ServiceName
) -> None:
    fault: Fault = FAULTS[name]
    refused_before = len(city.answers.refused)
    await city.is_well()
    async with fault(city.town, service):
        load = asyncio.create_task(city.town.sign_up(city.town.people(12), city.answers))
        lag = asyncio.create_task(city.lag())
        if name in DATABASE_FAULTS:
            await city.is_felt(service, refused_before)
        else:
            await load
    await load
    target_id = await lag
    assert set(city.answers.refused) <= {503}
    assert city.answers.without_retry_after == 0
    await city.town.counted_once(city.answers)
    await city.is_alerted_once(target_id)
    await city.is_well()
