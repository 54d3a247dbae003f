"""An outage is one line when it begins and one when it ends, however many try meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services import outages
from services.errors import Unavailable
from services.observability import Metrics
from services.outages import Outage
from services.persistence.storage import DatabaseOutage
from tests.support.logged import logged, loud, outages_in, quick_outages, until_ended
from tests.support.waiting import eventually


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """What is logged while outages end at once."""
    with quick_outages(), logged() as lines:
        yield lines


async def test_any_number_of_failures_are_one_line_and_the_end_is_another_with_their_number(lines: list[Any]) -> None:
    outage = Outage("broker", queue="targets")
    for number in range(50):
        outage.failed(Unavailable(f"failure {number}"))
    assert [line["event"] for line in loud(lines)] == ["outage_began"]
    outage.works()
    await until_ended(lines, "broker")
    began, ended = loud(lines)
    assert (began["reason"], began["queue"], began["log_level"]) == ("failure 0", "targets", "error")
    assert (ended["failures"], ended["queue"]) == (50, "targets")
    assert 0 <= ended["seconds"] < 20


async def test_of_what_is_closed_none_begins(lines: list[Any]) -> None:
    async def never() -> None:
        raise Unavailable("away")

    outage = DatabaseOutage("drive_targets", never)
    outage.close()
    before = asyncio.all_tasks()
    error = Unavailable("gone")
    outage.refused(error, sqlstate="3D000")
    assert (error.is_reported, outage.lasts, lines) == (True, False, [])
    assert asyncio.all_tasks() == before


async def test_what_comes_and_goes_is_one_outage(lines: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "QUIET_SECONDS", 3600)
    outage = Outage("broker")
    for _ in range(5):
        outage.failed(Unavailable("gone"))
        outage.works()
    assert outage.lasts
    assert outages_in(lines) == [("outage_began", "broker")]
    outage.close()
    assert outages_in(lines) == [("outage_began", "broker"), ("outage_ended", "broker")]


async def test_the_end_is_noticed_where_nobody_needs_it(lines: list[Any]) -> None:
    away = True

    async def probe() -> None:
        if away:
            raise Unavailable("still away")

    outage = Outage("mail", probe)
    outage.failed(Unavailable("gone"))
    away = False
    await until_ended(lines, "mail")
    assert outage.reason is None


async def test_it_can_begin_again_after_its_end(lines: list[Any]) -> None:
    outage = Outage("mail")
    for _ in range(2):
        outage.failed(Unavailable("gone"))
        outage.works()

        async def over() -> bool:
            return not outage.lasts

        await eventually(over, True)
    assert [event for event, _ in outages_in(lines)] == ["outage_began", "outage_ended"] * 2


async def test_its_end_is_of_no_request_though_a_request_noticed_the_beginning(lines: list[Any]) -> None:
    outage = Outage("mail")

    async def merged() -> dict[str, Any]:
        return structlog.contextvars.get_contextvars()

    seen: list[dict[str, Any]] = []

    async def probe() -> None:
        seen.append(await merged())

    outage.probe = probe
    with structlog.contextvars.bound_contextvars(request_id="request-1", service="targets"):
        outage.failed(Unavailable("gone"))
    await until_ended(lines, "mail")
    assert seen == [{"service": "targets"}]


async def test_readiness_and_the_gauge_show_it(lines: list[Any]) -> None:
    outage, metrics = Outage("mail"), Metrics()
    metrics.watch(outage)
    assert metrics.registry.get_sample_value("drive_outage", {"what": "mail"}) == 0
    await outage.check()
    outage.failed(Unavailable("the folder is full"))
    assert metrics.registry.get_sample_value("drive_outage", {"what": "mail"}) == 1
    with pytest.raises(Unavailable, match="the folder is full"):
        await outage.check()
    outage.works()
    await outage.check()
    outage.close()


async def test_an_outage_that_began_with_a_cut_connection_is_explained_once() -> None:
    async def never() -> None:
        raise Unavailable("away")

    with logged() as lines:
        outage = DatabaseOutage("drive_targets", never)
        for sqlstate in ("", "55000", "55000"):
            outage.refused(Unavailable("the database is away"), sqlstate=sqlstate, message="not accepting connections")
        outage.close()
    assert [line["event"] for line in loud(lines)] == ["outage_began", "outage_explained"]
