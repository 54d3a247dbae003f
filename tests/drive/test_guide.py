"""The commands of docs/guide.md, run one after the other, print what it says."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from datetime import date
from pathlib import Path

from drive.demo.worlds import one_process
from drive.hosting.configuration import Configuration, read_configuration
from drive.hosting.one_service import databases
from tests.support.installation import PORTS
from tests.support.processes import free_port

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guide.md").read_text()
TODAY = re.compile(r"^DRIVE_TODAY=(\S+) make up$", re.MULTILINE)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ASKS_TARGETS = "curl -X PUT $targets/"
LOOKS_AT_ALERTS = 'curl "$ops/v1/alerts'

STRICT = 'set -eu; curl() { command curl --silent --show-error --fail-with-body "$@"; echo; }\n'
"""A refusal ends the script."""
UNTIL_COUNTED = """
until command curl -s "$targets/v1/progress/collectors/CT-07?scheme=household_health&on=2025-10-31" \\
  -H "Authorization: Bearer $AGENCY" | grep -q '"new":2,'
do sleep 0.1; done
"""
UNTIL_RAISED = """
until command curl -s "$ops/v1/alerts?under=15127" -H "Authorization: Bearer $OPS" | grep -q '"open"'
do sleep 0.1; done
"""
"""A person reads on while that happens."""


def script(configuration: Configuration) -> str:
    """The commands in their order, for services on these ports and the `drive` of this Python's environment."""
    text = STRICT + "".join(BLOCK.findall(GUIDE))
    for expected, taken in (
        (ASKS_TARGETS, UNTIL_COUNTED + ASKS_TARGETS),
        (LOOKS_AT_ALERTS, UNTIL_RAISED + LOOKS_AT_ALERTS),
        (".venv/bin", str(Path(sys.executable).parent)),
        (":8001", f":{configuration.services['enrolment'].api_port}"),
        (":8002", f":{configuration.services['targets'].api_port}"),
        (":8003", f":{configuration.services['notifications'].api_port}"),
    ):
        assert expected in text
        text = text.replace(expected, taken)
    return text


async def said_by(script: str, environment: dict[str, str]) -> str:
    """What bash prints while it runs all of the script."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", script),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_every_command_of_the_guide_does_what_it_says(folder: Path) -> None:
    environment = {"DRIVE_DATA_DIR": str(folder), **{name: str(free_port()) for name in PORTS}}
    configuration = read_configuration(environment)
    [today] = TODAY.findall(GUIDE)
    with databases(configuration) as urls:
        async with one_process(configuration, urls, date.fromisoformat(today)):
            output = await said_by(script(configuration), environment)
    for expected in (
        '"made":167',
        '"covered_from":"2025-11-24"',
        '"index":0,"external_ref":"CT-0003","status":201',
        '"index":1,"external_ref":null,"status":422',
        '"status":"behind","severity":"critical"',
        '"organisation":{"code":"BD-CAM-THUY","name":"Bưu điện Cẩm Thủy"}',
        "HTTP/1.1 304 Not Modified",
        '"secret":"whsec_',
        '"status":"acknowledged"',
        '"route_name":"ops-mail"',
    ):
        assert expected in output
