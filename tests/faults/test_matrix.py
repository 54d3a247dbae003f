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

from drive.client.client import NotYet, until
from drive.demo.places import AGENCY, CAM_THACH
from drive.hosting.processes import COMMANDS
from drive.hosting.services import ServiceName
from tests.faults.conftest import a_role, migrate
from tests.faults.faults import BROKER_FAULTS, DATABASE_FAULTS, PROCESS_FAULTS, Fault
from tests.support.installation import Answers, Installation, an_installation, environment_of
from tests.support.postgres import PrivatePostgres
from tests.support.rabbitmq_node import a_private_node

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
class SharedInstallation:
    """One installation for all faults of this module, and the answers that partners received."""

    installation: Installation
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
        async with self.installation.user(AGENCY, "targets:write") as agency:
            while True:
                try:
                    return UUID((await agency.send("POST", "targets", "/v1/targets", target))["id"])
                except NotYet:  # nothing else may be answered meanwhile
                    await asyncio.sleep(0.2)

    async def is_reported(self, service: ServiceName, refused_before: int) -> None:
        """Wait until the service says that it cannot work: its worker is not ready, or its API refuses."""

        async def says() -> bool:
            refuses = service == "enrolment" and len(self.answers.refused) > refused_before
            return refuses or await self.installation.health("worker", service) == 503

        await until("a service that says so", says, bool, seconds=60)

    async def is_alerted_once(self, target_id: UUID) -> None:
        """The lag is notified once to every route that it concerns."""
        query = f"""
            SELECT d.state FROM deliveries d JOIN alerts a ON a.id = d.alert_id
            WHERE a.target_id = '{target_id}' AND d.change = 'raised'
        """  # noqa: S608 - constants only

        async def states() -> list[str]:
            return [row["state"] for row in await self.installation.rows("notifications", query)]

        await until("a lag that is notified", states, lambda found: found == ["sent"], seconds=60)

    async def is_ready(self) -> None:
        """Every process is ready."""
        for verb, service in COMMANDS:
            await self.installation.ready(verb, service)


@pytest_asyncio.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SharedInstallation]:
    """On a PostgreSQL and a RabbitMQ of its own, under a role that is no superuser."""
    postgres = PrivatePostgres(durable=True)
    try:
        postgres.start()
        with a_private_node() as node:
            url = await a_role(postgres.url)
            data: Path = tmp_path_factory.mktemp("installation")
            async with an_installation(
                environment_of(url, node.url, data, DRIVE_RECONCILE_SECONDS="2")
            ) as installation:
                installation.rabbitmqctl = node.control
                await migrate(installation)
                await installation.start_all()
                await installation.register()
                async with installation.user(AGENCY, "alerts:write") as ops:
                    route = {"channel": "mail", "address": "ops@example.org", "under": "38"}
                    await ops.send_until_taken("PUT", "notifications", "/v1/routes/ops", route)
                yield SharedInstallation(installation)
    finally:
        postgres.remove()


@pytest.mark.parametrize(("name", "service"), _cases())
async def test_when_a_fault_is_over_every_201_is_counted_once_and_every_lag_alerted_once(
    shared: SharedInstallation, name: str, service: ServiceName
) -> None:
    fault: Fault = FAULTS[name]
    refused_before = len(shared.answers.refused)
    await shared.is_ready()
    async with fault(shared.installation, service):
        load = asyncio.create_task(shared.installation.sign_up(shared.installation.people(12), shared.answers))
        lag = asyncio.create_task(shared.lag())
        if name in DATABASE_FAULTS:
            await shared.is_reported(service, refused_before)
        else:
            await load
    await load
    target_id = await lag
    assert set(shared.answers.refused) <= {503}
    assert shared.answers.without_retry_after == 0
    await shared.installation.counted_once(shared.answers)
    await shared.is_alerted_once(target_id)
    await shared.is_ready()
