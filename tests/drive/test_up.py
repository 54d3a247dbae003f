"""`drive up` as an operator starts it: in one process, on nothing but a folder."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import aiohttp

from drive.hosting.configuration import read_configuration
from drive.hosting.processes import Processes
from tests.support.forked import Forked
from tests.support.installation import PORTS
from tests.support.processes import free_port
from tests.support.waiting import running

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


async def _complaint(folder: Path, *arguments: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """The exit code of a process that ends by itself, forked, and what it printed on standard error."""
    process = Forked(*arguments, environment={**os.environ, **environment}, output=folder)
    await process.start()
    async with asyncio.timeout(DEADLINE_SECONDS):
        return await process.wait(), (folder / "errors").read_text()


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
    assert await _stopped(process) == 0


async def test_a_terminal_that_is_closed_takes_the_services_and_their_server_with_it(folder: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drive", "up"),
        env={**os.environ, "DRIVE_DATA_DIR": str(folder), **ports},
        preexec_fn=lambda: os.login_tty(theirs),
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        await asyncio.to_thread(_read_until, terminal, b"ready\r\n")
        assert (folder / "postgres/postmaster.pid").exists()
    async with asyncio.timeout(DEADLINE_SECONDS):
        assert await process.wait() == 0
    assert not (folder / "postgres/postmaster.pid").exists()


def _read_until(terminal: IO[bytes], line: bytes) -> None:
    said = b""
    while line not in said:
        said += terminal.read(1024)


async def test_a_port_that_is_taken_is_named_with_the_setting_that_mends_it(folder: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    with socket.create_server(("127.0.0.1", int(ports["TARGETS_API_PORT"]))):
        code, complaint = await _complaint(folder, "up", environment={"DRIVE_DATA_DIR": str(folder), **ports})
    assert code == 2
    assert complaint.splitlines()[-1] == (
        f"drive: cannot listen on 127.0.0.1:{ports['TARGETS_API_PORT']}: Address already in use;"
        " set TARGETS_API_PORT to another port"
    )


async def test_a_second_run_leaves_the_first_alone(folder: Path) -> None:
    environment = {"DRIVE_DATA_DIR": str(folder), **{name: str(free_port()) for name in PORTS}}
    first = await _drive("demo", environment=environment)
    assert first.stdout
    await first.stdout.readline()
    second = Forked("demo", "--once", environment={**os.environ, **environment})
    await second.start()
    async with asyncio.timeout(DEADLINE_SECONDS):
        assert await second.wait() == 2
    health = f"http://127.0.0.1:{environment['TARGETS_API_PORT']}/health/ready"
    async with aiohttp.ClientSession() as http, http.get(health) as answer:
        assert answer.status == 200, await answer.text()
    await _stopped(first)


async def test_a_run_that_is_stopped_while_it_starts_leaves_no_database_server_behind(folder: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    process = await _drive("demo", environment={"DRIVE_DATA_DIR": str(folder), **ports})
    assert process.stdout
    await process.stdout.readline()
    assert (folder / "demo/postgres/postmaster.pid").exists()
    assert await _stopped(process) == 128 + signal.SIGTERM
    assert not (folder / "demo/postgres/postmaster.pid").exists()


async def test_the_server_that_a_killed_run_left_behind_is_used_and_then_stopped(folder: Path) -> None:
    environment = {"DRIVE_DATA_DIR": str(folder), **{name: str(free_port()) for name in PORTS}}
    killed = await _drive("up", environment=environment)
    await _lines_until_ready(killed)
    killed.kill()
    await killed.wait()
    assert (folder / "postgres/postmaster.pid").exists()
    process = await _drive("up", environment=environment)
    await _lines_until_ready(process)
    assert await _stopped(process) == 0
    assert not (folder / "postgres/postmaster.pid").exists()


async def test_a_number_that_now_belongs_to_another_process_is_not_taken_for_the_server(folder: Path) -> None:
    environment = {"DRIVE_DATA_DIR": str(folder), **{name: str(free_port()) for name in PORTS}}
    other_process = await asyncio.create_subprocess_exec("sleep", "600")
    try:
        await _run_up(environment)
        # As after a power cut: what was running is not, and its number is another's.
        (folder / "postgres/postmaster.pid").write_text(
            f"{other_process.pid}\n{folder}/postgres\n0\n5432\n\n\n\nready\n"
        )
        await _run_up(environment)
        assert other_process.returncode is None
    finally:
        other_process.kill()
        await other_process.wait()


async def _run_up(environment: Mapping[str, str]) -> None:
    process = await _drive("up", environment=environment)
    await _lines_until_ready(process)
    assert await _stopped(process) == 0


async def _stopped(process: asyncio.subprocess.Process) -> int:
    """The exit code, once it has been asked to stop."""
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await process.communicate()
    assert process.returncode is not None
    return process.returncode


async def test_processes_that_are_stopped_while_they_come_into_being_do_end(folder: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    configuration = read_configuration({"DRIVE_DATA_DIR": str(folder), **ports})
    processes = Processes(
        configuration, {**ports, "DRIVE_DATA_DIR": str(folder), "DATABASE_URL": "postgresql://127.0.0.1:1"}
    )
    async with running(processes.start([("serve", "enrolment")])):
        for _ in range(2):  # until it has begun, and what it began has begun, too
            await asyncio.sleep(0)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await processes.stop()


async def test_settings_that_production_must_not_have_are_refused_with_a_message(folder: Path) -> None:
    production = {"DRIVE_ENV": "production", "DRIVE_TODAY": "2025-10-25", "DRIVE_DATA_DIR": str(folder)}
    code, complaint = await _complaint(folder, "up", environment=production)
    assert code == 2
    assert "DRIVE_TODAY is refused where DRIVE_ENV=production" in complaint
    assert "Traceback" not in complaint
