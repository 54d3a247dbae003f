"""The commands of README.md, docs/guide.md and the pages that go on from it, run as they are written, do what they say.

In a folder whose path has a blank and an accent, in a terminal of 80 columns. Only the ports are others.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from drive.demo.play import demo_configuration, with_keys_of
from drive.demo.worlds import OneProcess, World
from drive.hosting.configuration import read_configuration
from services.clock import SystemClock
from tests.drive.own_days import tells_its_own_days
from tests.support.installation import PORTS
from tests.support.processes import free_port

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "docs" / "guide.md").read_text()
GO_ON = [(ROOT / "docs" / f"{page}.md").read_text() for page in ("alerts", "routes", "channels")]
STARTS = re.compile(r"^(make (?:demo|up))\b", re.MULTILINE)
STARTS_ON_A_DAY = re.compile(r"^(DRIVE_TODAY=\S+ make up)$", re.MULTILINE)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEXT_STEPS = re.compile(r"^(export TOKEN=.*?)\n\n", re.MULTILINE | re.DOTALL)
ASKS_TARGETS = "curl -X PUT $targets/"
LOOKS_AT_ALERTS = 'curl "$ops/v1/alerts?'
PUTS_A_CHAT = 'curl -X PUT "$ops/v1/routes/ops-chat"'
SECONDS = 300
"""For all commands together, beside other tests: longer than any of them waits."""

STRICT = 'set -eu; curl() { command curl --silent --show-error --fail-with-body "$@"; echo; }\n'
"""A refusal ends the script."""
UNTIL_COUNTED = """
until command curl -s "$targets/v1/progress/collectors/CT-07?scheme=household_health&on=2025-10-31" \\
  -H "Authorization: Bearer $AGENCY" | grep -q '"new":2,'
do sleep 0.1; done
"""
UNTIL_RAISED = """
until command curl -s "$ops/v1/alerts?status=open&under=15127" -H "Authorization: Bearer $OPS" | grep -q '"open"'
do sleep 0.1; done
"""
"""A person reads on while that happens."""


@pytest.fixture
def checkout(folder: Path) -> Path:
    """What a checkout has after `make setup`."""
    made = folder / "Dự án" / "drive"
    (made / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        (made / name).symlink_to(ROOT / name)
    for program in ("drive", "python"):
        (made / ".venv" / "bin" / program).symlink_to(Path(sys.executable).parent / program)
    for name in ("bin/uv", ".synced"):
        (made / ".venv" / name).touch()
    return made


@pytest.fixture
def environment() -> dict[str, str]:
    """A terminal of 80 columns, and free ports."""
    return {**os.environ, "COLUMNS": "80", **{name: str(free_port()) for name in PORTS}}


def at_these_ports(text: str, environment: Mapping[str, str]) -> str:
    """The commands, for services on these ports."""
    for number, name in enumerate(PORTS[:3], 8001):
        text = text.replace(f":{number}", f":{environment[name]}")
    return text


def guide(environment: Mapping[str, str]) -> str:
    """The commands of the guide in their order, and those that go on from it."""
    text = STRICT + "".join(block for page in (GUIDE, *GO_ON) for block in BLOCK.findall(page))
    for expected, waiting in ((ASKS_TARGETS, UNTIL_COUNTED), (LOOKS_AT_ALERTS, UNTIL_RAISED)):
        assert expected in text
        text = text.replace(expected, waiting + expected, 1)
    assert PUTS_A_CHAT in text
    text = text.replace(PUTS_A_CHAT, f"{PUTS_A_CHAT} --retry 3")  # 503 where its process has no processor for seconds
    return at_these_ports(text, environment)


@asynccontextmanager
async def started(command: str, folder: Path, environment: Mapping[str, str], last_line: str) -> AsyncIterator[str]:
    """Run the command while the block runs; what it printed up to and including this line."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", f"exec env {command}"),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout
    try:
        printed = ""
        async with asyncio.timeout(SECONDS):
            while not printed.endswith(f"{last_line}\n"):
                line = await process.stdout.readline()
                assert line, f"ended: {printed}"
                printed += line.decode()
        yield printed
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C does: make gets it, too
        async with asyncio.timeout(SECONDS):
            await process.communicate()
    assert process.returncode in {0, -signal.SIGINT}


async def said_by(script: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What bash prints while it runs all of the script."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", script),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(SECONDS):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


def follows_the_guide(output: str) -> None:
    """What the guide's commands have to print."""
    for expected in (
        '"covered_from":"2025-11-24"',
        '"total":{"due":4043520,"state_support":0,"local_support":0,"payable":4043520}',
        '"index":0,"external_ref":"CT-0003","status":201',
        '"index":1,"external_ref":null,"status":422',
        '"status":"behind","severity":"critical"',
        '"organisation":{"code":"BD-CAM-THUY","name":"Bưu điện Cẩm Thủy"}',
        "HTTP/1.1 304 Not Modified",
        '"dry_run":true,"rows":2,"set":2,"revised":0,"same":0,"refused":0,"left":0',
        '"dry_run":false,"rows":2,"set":0,"revised":1,"same":1,"refused":0,"left":0',
        '"secret":"whsec_',
        '"status":"acknowledged"',
        '"status":"reported"',
        '"kind":"remedy_done"',
        '"state":"done"',
        '"reason":"every alert; warning or graver"',
        '"resolution":"by_hand"',
        '"route_name":"ops-mail"',
        '"after":"P3D","routes":["bhxh-thanh-hoa","director"]',
        '"name":"storm","state":"pending"',
        '"name":"storm","state":"ended"',
        '{"name":"province","under":"38","updated_at":',
        '"route":"director","every":"day"',
        "alerts: ",
        "timeline",
        "event: reload",
        "sent: written to",
        '"outcome":"',
        "every alert; warning",
        "templates: all can be rendered",
        '"address":"tgram://…"',
    ):
        assert expected in output


async def test_every_command_of_the_guide_works_with_make_up(checkout: Path, environment: dict[str, str]) -> None:
    [command] = STARTS_ON_A_DAY.findall(GUIDE)
    assert command.endswith(STARTS.findall(README)[1])
    async with started(command, checkout, environment, "ready"):
        output = await said_by(guide(environment), checkout, environment)
    follows_the_guide(output)
    assert '"made":167' in output
    assert f"drive: signed with the keys of {checkout}/.data/secret.keys" in output


def world_of(checkout: Path, environment: Mapping[str, str]) -> World:
    """The demo that runs in this checkout, to be asked."""
    asked = read_configuration(
        {"DRIVE_DATA_DIR": str(checkout / ".data"), **{port: environment[port] for port in PORTS}}
    )
    return OneProcess(with_keys_of(asked, demo_configuration(asked)), SystemClock())


async def test_the_demo_comes_out_right_on_days_of_its_own_and_every_command_of_the_guide_works_after_it(
    checkout: Path, environment: dict[str, str]
) -> None:
    command = STARTS.findall(README)[0]
    async with started(
        command, checkout, environment, "docs/guide.md goes on from here: a sign-up, its progress, an alert."
    ) as told:
        right = re.search(r"(\d\d) of \1 figures right", told)
        assert right, told
        assert int(right[1]) >= 48
        await tells_its_own_days(world_of(checkout, environment))
        assert "…" not in told
        assert [line for line in told.splitlines() if len(line) > 80] == []
        [commands] = NEXT_STEPS.findall(told)
        output = await said_by(STRICT + commands, checkout, environment)
        assert '"name":"Xã Cẩm Thạch"' in output
        assert '"name":"BHXH cơ sở Mường Lát"' in output
        assert '"rank":1,' in output
        assert '"adds_up":true' in output
        assert '"what":"set"' in output
        assert '"raised_at":"2025-10-' in output
        follows_the_guide(await said_by(guide(environment), checkout, environment))
