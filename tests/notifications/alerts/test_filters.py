"""The list of alerts is narrowed by what ops look for, by indexes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.dialects.postgresql import asyncpg

from notifications.alerts.queries import CONDITIONS, has_word
from notifications.tables.alerts import AlertRow
from services.clock import BUSINESS_ZONE, beginning_of
from tests.notifications.handling.steps import Handled
from tests.notifications.service import NotificationsService

_DIALECT: Any = asyncpg.dialect()  # type: ignore[no-untyped-call]


async def due(service: NotificationsService, at: datetime) -> Handled:
    """An alert whose report is due then."""
    handled = await Handled(service).begin()
    await service.execute("UPDATE alerts SET report_due_at = :at WHERE id = :id", at=at, id=handled.id)
    return handled


async def ids(service: NotificationsService, **query: Any) -> set[str]:
    """The alerts that are listed."""
    return {alert["id"] for alert in await service.alerts(**query)}


async def test_reports_that_are_due_before_a_day_are_those_whose_last_day_is_over_by_then(
    service: NotificationsService,
) -> None:
    day = service.clock.today() + timedelta(days=3)
    begins = beginning_of(day)
    on_the_eve, that_day = await due(service, begins), await due(service, begins + timedelta(seconds=1))
    late = await due(service, begins - timedelta(days=30))
    assert begins.astimezone(BUSINESS_ZONE).hour == 0
    assert await ids(service, report_due_before=day.isoformat()) == {on_the_eve.id, late.id}
    tomorrow = (day + timedelta(days=1)).isoformat()
    assert await ids(service, report_due_before=tomorrow) == {on_the_eve.id, late.id, that_day.id}


async def test_a_report_that_has_come_or_is_needed_no_more_is_not_due(service: NotificationsService) -> None:
    now = service.clock.now()
    waiting, acknowledged, reported, resolved = [await due(service, now) for _ in range(4)]
    await acknowledged.do("acknowledgement")
    await reported.do("report", **reported.report())
    await resolved.do("resolution", reason="The unit is no more")
    tomorrow = (service.clock.today() + timedelta(days=1)).isoformat()
    assert await ids(service, report_due_before=tomorrow) == {waiting.id, acknowledged.id}


async def test_alerts_of_a_target_and_from_a_level_on_are_found(service: NotificationsService) -> None:
    first, second, third = [await Handled(service).begin() for _ in range(3)]
    for level, handled in enumerate((first, second, third)):
        await service.execute("UPDATE alerts SET level = :level WHERE id = :id", level=level, id=handled.id)
    assert await ids(service, target_id=str(second.lag.target_id)) == {second.id}
    assert await ids(service, min_level=1) == {second.id, third.id}
    assert await ids(service, min_level=2) == {third.id}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"min_level": "0"}, "/query/min_level"),
        ({"target_id": "CT-1"}, "/query/target_id"),
        ({"report_due_before": "Monday"}, "/query/report_due_before"),
    ],
)
async def test_a_filter_that_cannot_be_right_is_named(
    service: NotificationsService, query: dict[str, str], pointer: str
) -> None:
    answer = await service.client.get("/v1/alerts", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    ("name", "value", "index"),
    [
        ("report_due_before", datetime(2025, 10, 27, tzinfo=BUSINESS_ZONE).date(), "ix_alerts_report_due_at"),
        ("collector_code", "ct-07", "ix_alerts_upper_collector"),
        ("organisation_code", "ct", "ix_alert_owners_upper_code"),
        ("under", "15142", "ix_alerts_path"),
        ("target_id", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01", "uq_alerts_target_episode"),
    ],
)
async def test_what_is_rare_is_found_by_an_index(
    service: NotificationsService, name: str, value: Any, index: str
) -> None:
    assert index in await plan_of(service, CONDITIONS[name](value))


@pytest.mark.parametrize(("owners", "index"), [((), "ix_alerts_words"), (("BD-1", "BD-2"), "ix_alerts_owner")])
async def test_a_word_is_found_by_an_index_of_words_and_by_one_of_organisations(
    service: NotificationsService, owners: Sequence[str], index: str
) -> None:
    assert index in await plan_of(service, has_word("cam", owners))


async def plan_of(service: NotificationsService, condition: ColumnElement[bool]) -> str:
    """How alerts are read that meet the condition."""
    compiled = select(AlertRow).where(condition).compile(dialect=_DIALECT)
    async with service.runtime.database.read() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        connection = await session._session.connection()
        values = tuple(compiled.params[key] for key in compiled.positiontup or ())
        plan = (await connection.exec_driver_sql(f"EXPLAIN {compiled}", values)).scalars().all()
    return "\n".join(plan)
