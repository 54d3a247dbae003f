"""`drive up` before its PostgreSQL: the services start, readiness names what is missing, and it migrates by itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

from services.persistence.database import Database
from tests.support.installation import environment_of
from tests.support.postgres import Databases, PrivatePostgres

DEADLINE_SECONDS = 240


async def drive_up(arguments: Sequence[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """The command, with its output to be read; what it logs goes to the test's own standard error."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drive", "up", *arguments),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )


async def next_line(process: asyncio.subprocess.Process) -> str:
    """What it prints next."""
    assert process.stdout
    async with asyncio.timeout(DEADLINE_SECONDS):
        return (await process.stdout.readline()).decode().rstrip()


async def readiness(url: str) -> tuple[int, str]:
    """The status, and what it says of the database; asked until the process listens."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(DEADLINE_SECONDS):
        while True:
            try:
                async with http.get(url) as answer:
                    return answer.status, json.loads(await answer.text())["checks"]["database"]
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("arguments", [(), ("--processes",)])
async def test_it_waits_for_postgresql_and_migrates_when_it_comes_up(
    arguments: tuple[str, ...], private_postgres: PrivatePostgres, rabbitmq_url: str, tmp_path: Path
) -> None:
    private_postgres.stop()
    process = await drive_up(arguments, environment_of(private_postgres.url, rabbitmq_url, tmp_path))
    try:
        urls = [(await next_line(process)).split()[1].replace("/docs", "/health/ready") for _ in range(3)]
        where = f"PostgreSQL at 127.0.0.1:{private_postgres.url.port} (DATABASE_URL)"
        for url in urls:
            assert await readiness(url) == (503, f"cannot reach {where}: connection refused")
        private_postgres.start()
        assert await next_line(process) == "ready"
        assert [await readiness(url) for url in urls] == [(200, "ok")] * 3
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE_SECONDS):
            code = await process.wait()
    assert code == 0


async def test_a_database_of_a_newer_version_is_served_and_one_of_something_else_is_refused(
    databases: Databases, private_postgres: PrivatePostgres, rabbitmq_url: str, tmp_path: Path
) -> None:
    url = await databases.create("targets")
    own = {"TARGETS_DATABASE_URL": url.set(drivername="postgresql").render_as_string(hide_password=False)}
    environment = environment_of(private_postgres.url, rabbitmq_url, tmp_path, **own)
    database = Database(url)
    try:
        for found, starts in (("targets_9999", True), ("deadbeef", False)):
            async with database.write() as work:
                await work.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
            process = await drive_up((), environment)
            lines = [await next_line(process) for _ in range(4)]
            if starts:
                process.send_signal(signal.SIGTERM)
            assert (lines[3], await process.wait()) == (("ready", 0) if starts else ("", 2))
    finally:
        await database.close()
        await databases.drop(url)
