"""The three services as processes on real servers, a registry, and partners that send until accepted."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from sqlalchemy.engine import URL, make_url

from drive.client.client import Client, Refused, until
from drive.demo.people import Population
from drive.demo.places import AGENCY, CAM_THACH, PROVINCE
from drive.demo.registry import organisations_and_collectors, units
from drive.hosting import processes
from drive.hosting.configuration import read_configuration
from drive.hosting.processes import COMMANDS, Verb
from drive.hosting.services import ServiceName
from services.clock import SystemClock
from services.security.keys import load_secret_keys
from services.security.tokens import Tokens
from tests.support.forked import Forked
from tests.support.processes import free_port

PORTS = (
    "ENROLMENT_API_PORT",
    "TARGETS_API_PORT",
    "NOTIFICATIONS_PORT",
    "ENROLMENT_WORKER_PORT",
    "TARGETS_WORKER_PORT",
    "NOTIFICATIONS_WORKER_PORT",
)
DAY = CAM_THACH.launch_day
PARTNER = CAM_THACH.post_office


def environment_of(postgres: URL, amqp_url: str, data_dir: Path, **more: str) -> dict[str, str]:
    """The variables of processes on these servers, on free ports."""
    return {
        "DATABASE_URL": postgres.set(drivername="postgresql").render_as_string(hide_password=False),
        "AMQP_URL": amqp_url,
        "DRIVE_DATA_DIR": str(data_dir),
        "DRIVE_SECRET_KEYS": secrets.token_urlsafe(32),
        "DRIVE_TODAY": DAY.isoformat(),
        "DRIVE_REVIEW_SECONDS": "0.5",
        "DRIVE_GROUP_WAIT_SECONDS": "0.5",
        "DRIVE_GROUP_INTERVAL_SECONDS": "0.5",
        **{name: str(free_port()) for name in PORTS},
        **more,
    }


@dataclass
class Answers:
    """The answers that partners received: the ids of 201, and the status codes of everything else."""

    taken: dict[str, str] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    without_retry_after: int = 0
    cut_off: int = 0


class Installation:
    """Processes by (verb, service); each is started, killed and started again by the test."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self.configuration = read_configuration(self.environment)
        self.processes: dict[tuple[str, str], Forked] = {}
        self._others: list[Forked] = []
        self.postgres = make_url(self.environment["DATABASE_URL"]).set(username="postgres", password=None)
        self.role = make_url(self.environment["DATABASE_URL"]).username
        self.rabbitmqctl: Callable[..., object] = _no_private_broker
        self._population = Population(CAM_THACH, random.Random("tests"))  # noqa: S311 - people of a test

    async def start(self, verb: Verb, service: ServiceName, **more: str) -> None:
        """Start one process; it need not be ready when this returns."""
        environment = {**os.environ, **self.environment, **more}
        self.processes[verb, service] = Forked(verb, service, environment=environment)
        await self.processes[verb, service].start()

    async def start_another(self, verb: Verb, service: ServiceName, **more: str) -> Forked:
        """A further process of the same kind, on a port of its own; ready when this returns, and ended by the test."""
        port, name = free_port(), f"{service.upper()}_{'WORKER' if verb == 'worker' else 'API'}_PORT"
        another = Forked(verb, service, environment={**os.environ, **self.environment, name: str(port), **more})
        self._others.append(another)
        await another.start()
        url = f"http://127.0.0.1:{port}/health/ready"
        await until(f"another {verb} {service}", lambda: _status(url), lambda status: status == 200, seconds=120)
        return another

    async def start_all(self) -> None:
        """Start all six and wait until each is ready."""
        for verb, service in COMMANDS:
            await self.start(verb, service)
        for verb, service in COMMANDS:
            await self.ready(verb, service)

    async def kill(self, verb: Verb, service: ServiceName) -> None:
        """SIGKILL: no time to finish anything."""
        await self._end(self.processes.pop((verb, service)), signal.SIGKILL)

    async def stop(self, verb: Verb, service: ServiceName) -> int:
        """SIGTERM: time to finish the work in progress. Returns the exit code."""
        return await self._end(self.processes.pop((verb, service)), signal.SIGTERM)

    async def _end(self, process: Forked, how: signal.Signals) -> int:
        if process.returncode is None:
            process.send_signal(how)
        return await process.wait()

    async def close(self) -> None:
        """End whatever runs."""
        everything = [*self.processes.values(), *self._others]
        await asyncio.gather(*(self._end(process, signal.SIGKILL) for process in everything))

    async def health(self, verb: Verb, service: ServiceName) -> int:
        """The status of its readiness, 0 where nothing answers."""
        return await _status(processes.health_url(self.configuration, (verb, service)))

    async def ready(self, verb: Verb, service: ServiceName) -> None:
        """Wait until the process says it is ready."""
        await self.has_health(verb, service, 200)

    def user(self, org: str, scope: str) -> Client:
        """Somebody with a token."""
        tokens = Tokens(load_secret_keys(self.configuration.common))
        token = tokens.issue(org, frozenset(scope.split()), SystemClock().now(), timedelta(hours=1))
        return Client(self.configuration.addresses(), token)

    async def register(self) -> None:
        """Register the communes, villages, post offices and collectors of the demo."""
        async with self.user(AGENCY, "registry:write") as agency:
            await agency.send("POST", "enrolment", "/v1/units/import", {"province_code": PROVINCE})
            await agency.send_each("PUT", "enrolment", units())
            await agency.send_each("PUT", "enrolment", organisations_and_collectors())

    def people(self, how_many: int) -> list[dict[str, Any]]:
        """Sign-ups of people that were not returned before."""
        return self._population.sign_ups(how_many, DAY, "launch_day")

    async def has_taken(self, at_least: int, answers: Answers) -> None:
        """Wait until so many sign-ups were answered with 201."""

        async def taken() -> int:
            return len(answers.taken)

        await until(f"{at_least} sign-ups", taken, lambda n: n >= at_least)

    async def has_health(self, verb: Verb, service: ServiceName, status: int) -> None:
        """Wait until the process's readiness has this status."""
        what = f"{verb} {service}: {status}"
        await until(what, lambda: self.health(verb, service), lambda s: s == status, seconds=60)

    async def sign_up(self, sign_ups: Sequence[Mapping[str, Any]], answers: Answers, *, at_once: int = 8) -> None:
        """Send each until it is taken, with the same key, as a partner does: members of a household in their order."""
        gate = asyncio.Semaphore(at_once)
        token = self.user(PARTNER, "enrolments:write").token
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:

            async def one(household: Sequence[Mapping[str, Any]]) -> None:
                async with gate:
                    for body in household:
                        while not await self._try(http, body, answers):  # noqa: ASYNC110 - asks as partners do
                            await asyncio.sleep(0.05)

            households = groupby(sign_ups, key=lambda each: each["household"]["code"])
            await asyncio.gather(*[one(list(members)) for _, members in households])

    async def _try(self, http: aiohttp.ClientSession, body: Mapping[str, Any], answers: Answers) -> bool:
        reference = str(body["external_ref"])
        url = self.configuration.addresses()["enrolment"] + "/v1/enrolments"
        try:
            async with http.post(url, json=body, headers={"Idempotency-Key": reference}) as answer:
                content = await answer.json(content_type=None)
                if answer.status == 201:
                    answers.taken[reference] = content["id"]
                    return True
                answers.refused.append(answer.status)
                answers.without_retry_after += "Retry-After" not in answer.headers
        except (aiohttp.ClientError, TimeoutError):
            answers.cut_off += 1
        return False

    async def rows(self, service: ServiceName, query: str) -> list[Any]:
        """What a query of the service's database gives."""
        url = self.configuration.database(service)
        assert url is not None
        connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    async def counted_once(self, answers: Answers) -> None:
        """Every sign-up ever answered with 201 gets into the ledger, once, and into progress, and nothing else does."""
        ids = sorted(answers.taken.values())
        await until(
            f"{len(ids)} sign-ups in the ledger",
            lambda: self.rows("targets", "SELECT enrolment_id::text AS id FROM ledger ORDER BY 1"),
            lambda rows: len(rows) >= len(ids),
            seconds=60,
        )
        rows = await self.rows("targets", "SELECT enrolment_id::text AS id FROM ledger ORDER BY 1")
        assert [row["id"] for row in rows] == ids
        await until("progress that counts each once", self._progress, lambda new: new == len(ids))

    async def _progress(self) -> int | None:
        """What has been counted; None where the registry or the database is not there yet."""
        async with self.user(AGENCY, "progress:read") as agency:
            params = {"scheme": "household_health", "on": DAY.isoformat()}
            try:
                progress = await agency.send("GET", "targets", f"/v1/progress/units/{CAM_THACH.code}", params=params)
            except Refused as error:
                assert ": 404 " in str(error) or ": 503 " in str(error)  # noqa: PT017 - nothing else may be answered
                return None
        return int(progress["new"])


async def _status(url: str) -> int:
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http, http.get(url) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 0


def _no_private_broker(*_: str) -> None:
    raise AssertionError("this installation shares its broker with others: give it a private node")


@asynccontextmanager
async def an_installation(environment: Mapping[str, str]) -> AsyncIterator[Installation]:
    """An installation whose processes end with the block."""
    installation = Installation(environment)
    try:
        yield installation
    finally:
        await installation.close()
