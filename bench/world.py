"""Where the benchmarks run: a PostgreSQL and a RabbitMQ vhost of their own, and one process a role."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import URL

from bench.measure import output_of
from drive.client.client import Client
from drive.hosting.configuration import Configuration, read_configuration
from drive.hosting.embedded.server import embedded_postgres
from drive.hosting.processes import Verb, health_url, start, until_ready
from drive.hosting.services import SERVICES, ServiceName
from migrations.upgrade import upgrade
from services.clock import SystemClock
from services.security.keys import load_secret_keys
from services.security.tokens import Tokens

TODAY = "2025-10-25"
PORTS = {
    "ENROLMENT_API_PORT": "18001",
    "TARGETS_API_PORT": "18002",
    "NOTIFICATIONS_PORT": "18003",
    "ENROLMENT_WORKER_PORT": "18011",
    "TARGETS_WORKER_PORT": "18012",
    "NOTIFICATIONS_WORKER_PORT": "18013",
}
SCOPES = "registry:write enrolments:write enrolments:read targets:write progress:read"


@dataclass(frozen=True)
class World:
    """Servers, settings and a token; processes are started by whoever measures."""

    server: URL
    environment: Mapping[str, str]
    configuration: Configuration

    def dsn(self, database: str) -> str:
        """A libpq URL of a database on the server."""
        return self.server.set(drivername="postgresql", database=database).render_as_string(hide_password=False)

    def token(self) -> str:
        """May do all that is measured."""
        tokens = Tokens(load_secret_keys(self.configuration.common))
        return tokens.issue("BENCH", frozenset(SCOPES.split()), SystemClock().now(), timedelta(hours=2))

    def url(self, service: ServiceName) -> str:
        """Where the service answers."""
        return self.configuration.addresses()[service]

    def client(self) -> Client:
        """A user of the API."""
        return Client(self.configuration.addresses(), self.token())

    @asynccontextmanager
    async def process(self, verb: Verb, service: ServiceName) -> AsyncIterator[None]:
        """`drive VERB SERVICE`, ready, while the block runs."""
        process = await start((verb, service), self.environment)
        try:
            await until_ready(health_url(self.configuration, (verb, service)))
            yield
        finally:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def bench_world() -> AsyncIterator[World]:
    """Everything migrated and empty, gone when the block is left."""
    with tempfile.TemporaryDirectory(prefix="drive-bench-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - the server's own user must be able to pass
        with embedded_postgres(Path(folder)) as server:
            async with _vhost() as amqp_url:
                environment = {
                    "DATABASE_URL": server.set(drivername="postgresql").render_as_string(hide_password=False),
                    "AMQP_URL": amqp_url,
                    "DRIVE_TODAY": TODAY,
                    "DRIVE_SECRET_KEYS": secrets.token_urlsafe(32),
                    "DRIVE_DATA_DIR": folder,
                    "DRIVE_LOG_LEVEL": "WARNING",
                    **PORTS,
                }
                configuration = read_configuration(environment)
                for service in SERVICES:
                    url = configuration.database(service)
                    assert url is not None  # noqa: S101 - DATABASE_URL is set three lines above
                    await upgrade(service, url)
                yield World(server, environment, configuration)


@asynccontextmanager
async def _vhost() -> AsyncIterator[str]:
    """AMQP_URL (its vhost must be for this alone), else a vhost on this machine's RabbitMQ, deleted afterwards."""
    if given := os.environ.get("AMQP_URL"):
        yield given
        return
    name = f"drive-bench-{secrets.token_hex(4)}"
    try:
        await output_of(["rabbitmqctl", "add_vhost", name])
        await output_of(["rabbitmqctl", "set_permissions", "-p", name, "guest", ".*", ".*", ".*"])
    except OSError as error:
        raise OSError(f"set AMQP_URL to a vhost for the benchmark alone: {error}") from error
    try:
        yield f"amqp://guest:guest@127.0.0.1:5672/{name}"
    finally:
        await output_of(["rabbitmqctl", "delete_vhost", name])


async def register(client: Client) -> None:
    """A commune, its villages, an organisation, a collector."""
    await client.send("POST", "enrolment", "/v1/units/import", {"province_code": "38"})
    for number in range(31):
        body = {"name": f"Thôn {number}", "level": "village", "parent_code": "15142"}
        await client.send("PUT", "enrolment", f"/v1/units/15142-{number + 1:02}", body)
    await client.send("PUT", "enrolment", "/v1/organisations/BENCH", {"name": "Bench"})
    await client.send("PUT", "enrolment", "/v1/collectors/BENCH-01", {"name": "Bench", "organisation_code": "BENCH"})
