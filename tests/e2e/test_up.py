"""`drive up` as an operator starts it: in one process, on nothing but a folder."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from tests.support.processes import free_port
from tests.support.town import PORTS

DEADLINE_SECONDS = 60


async def _drive(*arguments: str, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "drive",
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _lines_until_ready(process: asyncio.subprocess.Process) -> list[str]:
    assert process.stdout
    lines: list[str] = []
    async with asyncio.timeout(DEADLINE_SECONDS):
        while "ready" not in lines:
            line = await process.stdout.readline()
            assert line, f"ended before it was ready: {lines}"
            lines.append(line.decode().rstrip())
    return lines


async def test_up_prints_the_urls_then_ready_and_ends_well_when_asked_to(folder: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    process = await _drive("up", environment={"DRIVE_DATA_DIR": str(folder), **ports})
    lines = await _lines_until_ready(process)
    assert [line.split()[0] for line in lines] == ["enrolment", "targets", "notifications", "ready"]
    async with aiohttp.ClientSession() as http:
        for line in lines[:3]:
            async with http.get(line.split()[1].replace("/docs", "/health/ready")) as answer:
                assert answer.status == 200, await answer.text()
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(DEADLINE_SECONDS):
        assert await process.wait() == 0


async def test_a_port_that_is_taken_is_named_with_the_setting_that_mends_it(folder: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    with socket.create_server(("127.0.0.1", int(ports["TARGETS_API_PORT"]))):
        process = await _drive("up", environment={"DRIVE_DATA_DIR": str(folder), **ports})
        async with asyncio.timeout(DEADLINE_SECONDS):
            _, complaint = await process.communicate()
    assert process.returncode == 2
    assert complaint.decode().splitlines()[-1] == (
        f"drive: cannot listen on 127.0.0.1:{ports['TARGETS_API_PORT']}: Address already in use;"
        " set TARGETS_API_PORT to another port"
    )


async def test_settings_that_production_must_not_have_are_refused_in_words(folder: Path) -> None:
    production = {"DRIVE_ENV": "production", "DRIVE_TODAY": "2025-10-25", "DRIVE_DATA_DIR": str(folder)}
    process = await _drive("up", environment=production)
    _, complaint = await process.communicate()
    assert process.returncode == 2
    assert "DRIVE_TODAY is refused where DRIVE_ENV=production" in complaint.decode()
    assert "Traceback" not in complaint.decode()
