"""A real Prometheus reads a real process, evaluates the rules, and knows what the dashboard asks."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml

from drive.client.client import until
from tests.deploy import files
from tests.support.forked import Forked
from tests.support.installation import PORTS
from tests.support.processes import free_port, in_memory
from tests.support.prometheus import Prometheus, a_prometheus

API_PORTS = {"enrolment": "ENROLMENT_API_PORT", "targets": "TARGETS_API_PORT", "notifications": "NOTIFICATIONS_PORT"}
FAMILY = re.compile(r"^# TYPE (\w+) (\w+)$", re.MULTILINE)
PARTS = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("",), "gauge": ("",)}


@dataclass
class Watched:
    """A process of all three services, the addresses of its APIs, and a Prometheus that reads it every second."""

    process: Forked
    addresses: dict[str, str]
    prometheus: Prometheus


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One with a path short enough for a Unix socket, that the embedded server's user can reach."""
    with tempfile.TemporaryDirectory(prefix="drive-", dir=in_memory()) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest_asyncio.fixture(scope="module")
async def watched(folder: Path) -> AsyncIterator[Watched]:
    """`drive up` on nothing but a folder, and a Prometheus with the rules."""
    ports = {port: str(free_port()) for port in PORTS}
    addresses = {service: f"127.0.0.1:{ports[port]}" for service, port in API_PORTS.items()}
    async with _up(folder, ports) as process, a_prometheus(_configured(folder, addresses), folder / "tsdb") as server:
        await until("a Prometheus that answers", server.is_up, bool, seconds=60)
        await until("three targets", lambda: _up_targets(server), lambda n: n == len(addresses), seconds=120)
        yield Watched(process, addresses, server)


@asynccontextmanager
async def _up(folder: Path, ports: dict[str, str]) -> AsyncIterator[Forked]:
    environment = {**os.environ, **ports, "DRIVE_DATA_DIR": str(folder / "data")}
    process = Forked("up", environment=environment, output=folder)
    await process.start()
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 60)


def _configured(folder: Path, addresses: dict[str, str]) -> Path:
    """The example, with the addresses of this process and an interval of a second."""
    configuration = yaml.safe_load(files.SCRAPE.read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["rule_files"] = [str(files.RULES)]
    [job] = configuration["scrape_configs"]
    job["static_configs"] = [
        {"targets": [address], "labels": {"service": service, "process": "api"}}
        for service, address in addresses.items()
    ]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration))
    return file


async def _up_targets(prometheus: Prometheus) -> int:
    return len([value for _, value in await prometheus.values("up") if value == 1])


async def health_of_rules(watched: Watched) -> set[str]:
    """Of those of all groups: `ok` once evaluated."""
    found = await watched.prometheus.get("rules")
    return {rule["health"] for group in found["groups"] for rule in group["rules"]}


async def metrics_of(watched: Watched) -> set[str]:
    """Every metric that the process has."""
    names: set[str] = set()
    async with aiohttp.ClientSession() as http:
        for address in watched.addresses.values():
            async with http.get(f"http://{address}/metrics") as answer:
                for family, kind in FAMILY.findall(await answer.text()):
                    names |= {family + part for part in ("", *PARTS.get(kind, ()))}
    return names


async def test_every_metric_that_is_asked_for_or_written_about_is_one_that_the_process_has(watched: Watched) -> None:
    texts = {str(file): file.read_text() for file in (files.RULES, files.RUNBOOK, files.MONITORING)}
    texts["dashboard"] = json.dumps(json.loads(files.DASHBOARD.read_text()))
    known = await metrics_of(watched)
    missing = {name: files.metrics_in(text) - known for name, text in texts.items()}
    assert {name: found for name, found in missing.items() if found} == {}
    assert len(files.metrics_in(texts["dashboard"])) > 20


async def test_every_metric_of_the_process_is_in_the_table_of_what_to_watch(watched: Watched) -> None:
    own = {name for name in await metrics_of(watched) if name.startswith("drive_")}
    shown = files.metrics_in(files.MONITORING.read_text())
    assert {name for name in own if not name.endswith(("_bucket", "_count", "_sum", "_created"))} - shown == set()


async def test_prometheus_evaluates_every_rule_and_expression(watched: Watched) -> None:
    await until("every rule evaluated", lambda: health_of_rules(watched), lambda states: states == {"ok"}, seconds=60)
    for expression in files.expressions():
        await watched.prometheus.values(expression)


async def test_nothing_fires_while_all_is_well(watched: Watched) -> None:
    """What begins to be wrong is pending first; what was wrong while the processes started is over."""
    await until("every rule evaluated", lambda: health_of_rules(watched), lambda states: states == {"ok"}, seconds=60)

    async def alerts() -> object:
        return await watched.prometheus.values('ALERTS{severity="critical"}')

    await until("no critical alert, nor one that is pending", alerts, lambda found: found == [], seconds=20)


async def test_the_dashboard_can_be_provisioned() -> None:
    dashboard: dict[str, Any] = json.loads(files.DASHBOARD.read_text())
    assert dashboard["uid"] == "drive"
    [variable] = dashboard["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("datasource", "datasource", "prometheus")
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in files.panels():
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["title"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    cells = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels]
    assert len(set(cells)) == len(cells)


async def test_a_process_that_ends_is_noticed(watched: Watched) -> None:
    """The last of this file: the process is gone after it."""
    watched.process.send_signal(signal.SIGTERM)

    async def noticed() -> int:
        return len(await watched.prometheus.values('ALERTS{alertname="DriveProcessDown"}'))

    await until("three alerts", noticed, lambda n: n == len(watched.addresses), seconds=60)
