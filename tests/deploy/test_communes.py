"""A real Prometheus reads the metrics of communes by the example, with a token, and knows what the dashboard asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import yaml

from drive.client.client import until
from drive.hosting.serving import serving
from targets_api.main import create_app
from targets_api.metrics.families import AS_OF, OF_TARGETS, OF_UNITS, STATUS
from tests.conftest import MakeRuntime, TokenFor
from tests.deploy.files import ROOT, metrics_in
from tests.support.processes import free_port
from tests.support.prometheus import Prometheus, a_prometheus, promtool
from tests.targets_api.builders import CAM_THACH, HEALTH, LAUNCH, TargetsService, a_registry, sign_ups

EXAMPLE = ROOT / "deploy/prometheus/communes.yml"
DASHBOARD = ROOT / "deploy/grafana/communes.json"
DOCS = ROOT / "docs/commune-metrics.md"


def panels() -> Iterator[dict[str, Any]]:
    """Of the dashboard."""
    yield from json.loads(DASHBOARD.read_text())["panels"]


def expressions() -> Iterator[str]:
    """What the dashboard asks, of the scheme of these tests and of all units."""
    for panel in panels():
        for target in panel["targets"]:
            yield target["expr"].replace("$scheme", HEALTH).replace("$unit", ".*")


def configured(folder: Path, port: int, token: str) -> Path:
    """The example, with this address, this token, and an interval of a second."""
    configuration = yaml.safe_load(EXAMPLE.read_text())
    [job] = configuration["scrape_configs"]
    (folder / "token").write_text(token)
    job["authorization"]["credentials_file"] = str(folder / "token")
    job["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    job |= {"scrape_interval": "1s", "scrape_timeout": "1s"}
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration))
    return file


async def test_prometheus_reads_communes_by_the_example_and_the_dashboard_finds_them(
    make_runtime: MakeRuntime, token_for: TokenFor, tmp_path: Path
) -> None:
    port = free_port()
    runtime = await make_runtime("targets", today=LAUNCH, api_port=port)
    app = create_app(runtime)
    configuration = configured(tmp_path, port, token_for(runtime, scope="progress:read"))
    async with serving(app, runtime.settings, "api_port"), a_prometheus(configuration, tmp_path / "tsdb") as prometheus:
        service = TargetsService(runtime, app_client(app, token_for(runtime)))
        await fill(service)
        scraped = await service.http.get("/v1/metrics/progress", params={"scheme": HEALTH})
        assert promtool("check", "metrics", given=scraped.content) == ""
        await until("a Prometheus that answers", prometheus.is_up, bool, seconds=60)
        await until("the commune", lambda: new_of(prometheus), lambda values: values == [5.0], seconds=60)
        for expression in expressions():
            await until(expression, partial(prometheus.values, expression), bool, seconds=60)


def app_client(app: Any, token: str) -> httpx.AsyncClient:
    """A client of the app, in this process."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers)


async def fill(service: TargetsService) -> None:
    """A commune with a baseline, a target that runs, and sign-ups."""
    await service.handle(a_registry())
    await service.baseline(date(2025, 9, 30), covered=700, population=1000)
    await service.target(measure="coverage", value=0.9, starts_on="2025-10-01", ends_on="2025-12-31")
    await service.handle(sign_ups(5))


async def new_of(prometheus: Prometheus) -> list[float]:
    """Sign-ups of the commune."""
    return [value for _, value in await prometheus.values(f'drive_unit_new{{unit_code="{CAM_THACH}"}}')]


def test_promtool_finds_no_fault_with_the_example() -> None:
    promtool("check", "config", "--syntax-only", str(EXAMPLE))


def test_what_the_docs_and_the_dashboard_name_is_what_there_is() -> None:
    there_are = {*OF_UNITS, *OF_TARGETS, STATUS, AS_OF}
    assert metrics_in(DOCS.read_text()) == there_are
    assert metrics_in(DASHBOARD.read_text()) <= there_are


def test_the_dashboard_can_be_provisioned() -> None:
    cells = set()
    for panel in panels():
        assert panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        cells.add((panel["gridPos"]["x"], panel["gridPos"]["y"]))
    assert len(cells) == len({panel["id"] for panel in panels()})
