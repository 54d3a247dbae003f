"""Metrics of units say what progress says, in both formats of Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from targets_api.main import create_app
from targets_api.metrics import reader
from targets_api.metrics.families import AS_OF, OF_TARGETS, OF_UNITS, STATUS
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import CAM_THACH, HEALTH, LAUNCH, TargetsService, an_ended_unit, sign_ups

CAM_THUY: Final = "15127"
PATH: Final = "/v1/metrics/progress"
OPEN_METRICS: Final = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
Samples = dict[str, dict[str, float]]


async def text(service: TargetsService, accept: str = "*/*", **query: str) -> str:
    """What a scrape gets."""
    answer = await service.http.get(PATH, params={"scheme": HEALTH, **query}, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return answer.text


async def samples(service: TargetsService, **query: str) -> Samples:
    """By metric, and by unit."""
    found: Samples = {}
    for family in plain_text(await text(service, **query)):
        found[family.name] = {sample.labels.get("unit_code", ""): sample.value for sample in family.samples}
    return found


def expected(progress: Mapping[str, Any]) -> dict[str, float]:
    """What the metrics of a unit are, by its progress, and by its target of the longest period."""
    [target] = [each for each in progress["targets"] if each["ends_on"] == "2025-12-31"]
    of_unit = ("new", "renewal", "cancelled", "net", "population", "covered", "coverage")
    of_target = ("attained", "expected", "ratio", "short_by")
    values = [progress[name] for name in of_unit] + [target[name] for name in of_target]
    return dict(zip([*OF_UNITS, *OF_TARGETS], values, strict=True))


async def a_drive(service: TargetsService) -> None:
    """Two communes: one with a baseline, a target of a quarter and one of two weeks; the other without."""
    await service.baseline(date(2025, 9, 30), covered=700, population=1000)
    await service.target(measure="coverage", value=0.9, starts_on="2025-10-01", ends_on="2025-12-31")
    await service.target(starts_on="2025-10-20", ends_on="2025-11-01")
    await service.handle([*sign_ups(3), *sign_ups(2, kind="renewal"), *sign_ups(4, unit_code=CAM_THUY)])


async def test_metrics_are_the_figures_of_progress(service: TargetsService) -> None:
    await a_drive(service)
    found = await samples(service, under="38")
    wanted = expected(await service.progress())
    assert {name: found[name][CAM_THACH] for name in wanted} == wanted
    assert {name for name, values in found.items() if CAM_THUY in values} == set(list(OF_UNITS)[:4])
    assert found["drive_unit_new"] == {CAM_THACH: 3, CAM_THUY: 4}


async def test_a_sample_names_its_unit_and_its_target(service: TargetsService) -> None:
    await a_drive(service)
    families = {family.name: family for family in plain_text(await text(service))}
    [status] = families[STATUS].samples
    unit = {"unit_code": CAM_THACH, "name": "Xã Cẩm Thạch", "level": "commune", "scheme": HEALTH}
    assert status.labels == {**unit, "measure": "coverage", "status": "behind", "severity": "critical"}
    assert families["drive_unit_new"].samples[1].labels == unit
    newest = datetime.fromisoformat((await service.progress())["as_of"])
    assert families[AS_OF].samples[0].value == newest.timestamp()


async def test_both_formats_have_the_same(service: TargetsService) -> None:
    await a_drive(service)
    found = await text(service, accept=OPEN_METRICS)
    assert found.endswith("# EOF\n")
    plain = {(s.name, *sorted(s.labels.items())): s.value for f in plain_text(await text(service)) for s in f.samples}
    assert {(s.name, *sorted(s.labels.items())): s.value for f in open_metrics(found) for s in f.samples} == plain  # type: ignore[no-untyped-call]


async def test_metrics_that_have_not_changed_are_not_sent_again(service: TargetsService) -> None:
    for accept in ("*/*", OPEN_METRICS):
        answer = await service.http.get(PATH, params={"scheme": HEALTH}, headers={"Accept": accept})
        assert answer.headers["vary"] == "Accept"
        known = {"Accept": accept, "If-None-Match": answer.headers["etag"]}
        again = await service.http.get(PATH, params={"scheme": HEALTH}, headers=known)
        assert (again.status_code, again.content) == (304, b"")


async def test_units_are_those_of_the_level_and_below_the_one_that_is_named(service: TargetsService) -> None:
    for query, codes in (
        ({"under": CAM_THACH}, {CAM_THACH}),
        ({"under": CAM_THACH, "level": "village"}, {"15142-01", "15142-02"}),
        ({"under": "cs-ct", "level": "insurance_unit"}, {"CS-CT"}),
        ({"level": "province"}, {"38"}),
        ({}, {CAM_THACH, CAM_THUY}),
    ):
        assert (await samples(service, **query))["drive_unit_new"].keys() == codes
    await service.handle([an_ended_unit(CAM_THUY, "CS-CT", LAUNCH, CAM_THACH)])
    assert (await samples(service))["drive_unit_new"].keys() == {CAM_THACH}


async def test_a_unit_that_is_not_known_or_too_many_are_refused(
    service: TargetsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await service.http.get(PATH, params={"scheme": HEALTH, "under": "NONE"})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "no-such-owner")
    monkeypatch.setattr(reader, "MOST_UNITS", 1)
    answer = await service.http.get(PATH, params={"scheme": HEALTH, "under": "38"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/under")


async def test_many_units_are_read_some_at_a_time(service: TargetsService, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_drive(service)
    at_once = await samples(service)
    monkeypatch.setattr(reader, "_AT_ONCE", 1)
    assert await samples(service) == at_once


async def test_metrics_need_the_scope_that_shows_everybodys_progress(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    app = create_app(service.runtime)
    for scope, status in (("progress:own", 403), ("progress:read", 200)):
        client = await client_for(app, token_for(service.runtime, scope=scope))
        assert (await client.get(PATH, params={"scheme": HEALTH})).status_code == status
    assert (await (await client_for(app)).get(PATH, params={"scheme": HEALTH})).status_code == 401


async def test_metrics_of_the_process_have_no_label_of_a_unit(service: TargetsService) -> None:
    await a_drive(service)
    await text(service)
    metrics = (await service.http.get("/metrics")).text
    assert "drive_unit_" not in metrics
    assert CAM_THACH not in metrics
