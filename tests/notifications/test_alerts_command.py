"""`drive alerts` beside a service: as a script sees it, and as a person at a terminal does."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from drive.hosting.serving import serving
from notifications.main import create_app
from services.ids import new_id
from services.vocabulary import Scope
from tests.notifications import commands
from tests.notifications.handling.steps import Handled
from tests.notifications.service import MakeService, NotificationsService, an_episode
from tests.support.processes import free_port
from tests.support.streams import streams_of
from tests.support.waiting import eventually

_PATIENCE_SECONDS = 60
ANSWERS_OF_OTHERS = [
    (b"", "does not answer at"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "is not the notifications service"),
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n\xff\xfe<h", "is not the notifications service"),
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", "is not the notifications service"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "is not the notifications service"),
]
_STYLES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest_asyncio.fixture
async def service(make_service: MakeService) -> AsyncIterator[NotificationsService]:
    """A service that answers at a port."""
    made = await make_service(api_port=free_port())
    made.advance(minutes=2)  # past the time of the tokens that the command issues by the real clock
    async with serving(made.app, made.runtime.settings, "api_port"):
        yield made


async def drive(service: NotificationsService, *arguments: str, **more: str) -> tuple[int, str, str]:
    """`drive alerts`: exit code, output and errors."""
    return await commands.drive(service, "alerts", *arguments, **more)


async def listed(service: NotificationsService, *arguments: str) -> list[Any]:
    """The alerts that `--json` prints."""
    code, out, errors = await drive(service, *arguments, "--json")
    assert code == 0, errors
    return [json.loads(line) for line in out.splitlines()]


async def test_alerts_that_are_not_resolved_are_listed_the_newest_first(service: NotificationsService) -> None:
    first, second, third, over = [await Handled(service).begin() for _ in range(4)]
    await second.do("acknowledgement")
    await third.do("report", **third.report())
    await over.do("resolution", reason="The unit is no more")
    assert [alert["id"] for alert in await listed(service)] == [third.id, second.id, first.id]
    assert [alert["id"] for alert in await listed(service, "--most", "2")] == [third.id, second.id]
    assert [alert["id"] for alert in await listed(service, "--status", "acknowledged")] == [second.id]
    assert [alert["id"] for alert in await listed(service, "--status", "resolved")] == [over.id]
    assert len(await listed(service, "--status", "all")) == 4


async def test_each_option_narrows_the_list(service: NotificationsService) -> None:
    commune = await Handled(service).begin(an_episode(path=("38", "BHXH-CT", "15127")))
    lag = an_episode(path=(), unit_name=None, scope=Scope(None, "CT", "CT-07"), organisations=("CT", "VNPOST"))
    collector = await Handled(service).begin(lag)
    await service.handle(lag.worsened())
    await service.execute("UPDATE alerts SET scheme = 'voluntary_social' WHERE id = :id", id=collector.id)
    day = service.clock.today() + timedelta(days=60)
    await service.execute("UPDATE alerts SET report_due_at = :at WHERE id = :id", at=service.clock.now(), id=commune.id)
    await service.execute(
        "UPDATE alerts SET report_due_at = :at WHERE id = :id",
        at=service.clock.now() + timedelta(days=100),
        id=collector.id,
    )
    for options, found in (
        (("--under", "38"), commune),
        (("--severity", "critical"), collector),
        (("--scheme", "voluntary_social"), collector),
        (("--organisation", "VNPOST"), collector),
        (("--collector", "CT-07"), collector),
        (("--due-before", day.isoformat()), commune),
    ):
        assert [alert["id"] for alert in await listed(service, *options)] == [found.id], options


async def test_a_script_gets_a_table_without_colours(service: NotificationsService) -> None:
    handled = await Handled(service).begin(an_episode(unit_name="Xã Cẩm Thạch"))
    await service.execute("UPDATE alerts SET report_due_at = now() - interval '1 hour'")
    code, out, errors = await drive(service)
    assert code == 0, errors
    [row] = [line for line in out.splitlines() if handled.id in line]
    assert "Xã Cẩm Thạch (15142)" in row
    assert "overdue" in row
    assert "alerts: 1; reports overdue: 1; as of " in out
    assert "\x1b" not in out


async def test_an_alert_is_shown_with_its_report_and_its_timeline(service: NotificationsService) -> None:
    handled = await Handled(service).begin()
    await handled.do("acknowledgement", note="We visit each household")
    await handled.do("report", **handled.report())
    code, out, errors = await drive(service, "show", handled.id, COLUMNS="200")
    assert code == 0, errors
    for part in ("causes: working_away (until Tet)", "Home visits", "planned", "We visit each household", "reported"):
        assert part in out
    code, out, _ = await drive(service, "show", handled.id, "--json")
    assert [entry["kind"] for entry in json.loads(out)["timeline"]] == ["raised", "acknowledged", "reported"]


async def test_what_is_refused_is_one_line(service: NotificationsService) -> None:
    for arguments, says in (
        (("show", str(new_id())), "no alert has the id"),
        (("--under", "99999"), "no unit 99999 is known here"),
    ):
        code, out, errors = await drive(service, *arguments)
        assert (code, out) == (2, "")
        assert [says in line for line in errors.splitlines() if not line.startswith("drive: signed")] == [True]


async def test_a_service_that_is_away_is_one_line(service: NotificationsService) -> None:
    port = free_port()
    for arguments in ((), ("show", str(new_id()))):
        code, out, errors = await drive(service, *arguments, NOTIFICATIONS_PORT=str(port))
        assert (code, out) == (2, "")
        [_, line] = errors.splitlines()
        assert line.startswith(f"drive: the notifications service does not answer at http://127.0.0.1:{port} (Cannot")
        assert line.endswith("): start it, or set DRIVE_HOST and NOTIFICATIONS_PORT to where it is")


async def test_keys_that_are_not_those_of_the_service_are_one_line_that_says_which_to_name(
    service: NotificationsService,
) -> None:
    code, out, errors = await drive(service, DRIVE_SECRET_KEYS="A" * 43)
    assert (code, out) == (2, "")
    [_, line] = errors.splitlines()
    assert line.startswith("drive: the token was not issued by this service")
    assert line.endswith(
        " (401): set DRIVE_DATA_DIR to the data dir of the services, or DRIVE_SECRET_KEYS to their keys"
    )


@pytest.mark.parametrize(("answer", "says"), ANSWERS_OF_OTHERS)
async def test_another_server_at_the_port_is_one_line(service: NotificationsService, answer: bytes, says: str) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        code, out, errors = await drive(service, NOTIFICATIONS_PORT=str(port))
    assert (code, out) == (2, "")
    [_, line] = errors.splitlines()
    assert says in line
    assert "set DRIVE_HOST and NOTIFICATIONS_PORT to where it is" in line


class Terminal:
    """What a process has written to its terminal so far."""

    def __init__(self, process: asyncio.subprocess.Process, side: int) -> None:
        self.process = process
        self._side = side
        self.raw = ""

    async def until(self, *parts: str) -> None:
        """Read on until all of these were written."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not all(part in _STYLES.sub("", self.raw) for part in parts):
                self.raw += (await asyncio.to_thread(os.read, self._side, 65536)).decode(errors="replace")


@asynccontextmanager
async def at_a_terminal(service: NotificationsService, *arguments: str) -> AsyncIterator[Terminal]:
    """The command in a terminal of 200 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *(*commands.COMMAND, "alerts", *arguments),
        env=commands.environment(service, TERM="xterm-256color"),
        stdin=theirs,
        stdout=theirs,
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        os.close(ours)


async def test_in_a_terminal_the_list_follows_what_happens_in_colours(service: NotificationsService) -> None:
    first = await Handled(service).begin()
    async with at_a_terminal(service) as terminal:
        await terminal.until(first.id, "alerts: 1;")
        second = await Handled(service).begin()
        await terminal.until(second.id, "alerts: 2;")
        await first.do("acknowledgement")
        await terminal.until("acknowledged")
        assert "\x1b[31m" in terminal.raw
        terminal.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            assert await terminal.process.wait() == 128 + signal.SIGINT


async def test_a_list_that_cannot_be_brought_up_to_date_says_so_and_stays(make_service: MakeService) -> None:
    service = await make_service(api_port=free_port())
    service.advance(minutes=2)
    async with contextlib.AsyncExitStack() as stack:
        async with serving(service.app, service.runtime.settings, "api_port"):
            handled = await Handled(service).begin()
            terminal = await stack.enter_async_context(at_a_terminal(service))
            await terminal.until(handled.id)
            await eventually(streams_of(service.runtime), 1)
        terminal.raw = ""
        await terminal.until("cannot be asked", handled.id)
        other = await Handled(service).begin()
        terminal.raw = ""
        async with serving(create_app(service.runtime), service.runtime.settings, "api_port"):
            await terminal.until(other.id)
            terminal.raw = ""
            await terminal.until("alerts: 2;")
            assert "cannot be asked" not in terminal.raw


async def test_once_ends_in_a_terminal_too(service: NotificationsService) -> None:
    handled = await Handled(service).begin()
    async with at_a_terminal(service, "--once") as terminal:
        await terminal.until(handled.id)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            assert await terminal.process.wait() == 0
