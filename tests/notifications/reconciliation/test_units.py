"""Notifications compares its registry with summaries of enrolment, and asks for what is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest_asyncio

from notifications.reconciliation import usecases
from notifications.reconciliation.comparison import REGISTRY_TOTALS
from notifications.reconciliation.consumers import reconciliation_handlers
from services.contracts.reconciliation import EnrolmentSummary, EnrolmentSummaryFacts, RegistrySummary
from services.contracts.registry import UnitRegistered
from services.contracts.sources import ENROLMENT_SOURCE, NOTIFICATIONS_SOURCE
from services.ids import new_id
from services.reconciliation import totals
from services.reconciliation.comparison import Total
from tests.notifications.service import RAISED_AT, MakeService, NotificationsService, a_unit, an_organisation

REGISTERED = [a_unit(f"U-{n}", version=n + 1) for n in range(5)]
OTHERS = (RegistrySummary(kind="organisation", n=0, checksum=0), RegistrySummary(kind="collector", n=7, checksum=7))
"""What a summary says of other kinds, of which collectors are not kept here."""


@pytest_asyncio.fixture
async def whole(make_service: MakeService) -> Total:
    """The total of the registry, as a database has it that lacks nothing."""
    complete = await make_service()
    await _only(complete, *REGISTERED)
    return await _total(complete)


async def _only(service: NotificationsService, *units: UnitRegistered) -> None:
    await service.execute("DELETE FROM units")
    if units:
        await service.register(*units)


async def _total(service: NotificationsService) -> Total:
    async with service.runtime.database.read() as session:
        return (await totals.of_registry(session, REGISTRY_TOTALS))["unit"]


def _summary(registry: tuple[RegistrySummary, ...], minute: int) -> EnrolmentSummary:
    return EnrolmentSummary(
        id=new_id(),
        subject=ENROLMENT_SOURCE,
        time=RAISED_AT + timedelta(minutes=minute),
        correlationid="the-summary",
        data=EnrolmentSummaryFacts(days=(), registry=registry),
    )


async def _handle(service: NotificationsService, *summaries: EnrolmentSummary) -> None:
    async with service.runtime.database.write() as work:
        await reconciliation_handlers(service.runtime)[EnrolmentSummary](work, service.context(), summaries)


async def _compare(service: NotificationsService, source: Total, minute: int) -> None:
    units = RegistrySummary(kind="unit", n=source.n, checksum=source.checksum)
    await _handle(service, _summary((units, *OTHERS), minute))


async def _asked(service: NotificationsService) -> list[dict[str, Any]]:
    query = "SELECT body::jsonb AS event FROM outbox WHERE type = 'drive.resend.requested.v1' ORDER BY seq"
    return [row.event for row in await service.query(query)]


async def test_a_unit_without_its_level_is_asked_for(service: NotificationsService, whole: Total) -> None:
    await _only(service, *REGISTERED)
    assert await _total(service) == whole
    await service.execute("UPDATE units SET level = NULL, name = NULL WHERE code = 'U-3'")
    for minute in range(2):
        await _compare(service, whole, minute)
    assert len(await _asked(service)) == 1
    await service.register(*REGISTERED)
    assert await _total(service) == whole


async def test_units_of_before_are_asked_for_at_the_second_summary_that_shows_them(
    service: NotificationsService, whole: Total
) -> None:
    await _only(service)
    await _compare(service, whole, 0)
    assert await _asked(service) == []
    await _compare(service, whole, 1)
    [request] = await _asked(service)
    assert (request["source"], request["subject"]) == (NOTIFICATIONS_SOURCE, ENROLMENT_SOURCE)
    asked = request["data"]
    assert (asked["addressee"], asked["registry"], asked["days"]) == (ENROLMENT_SOURCE, ["unit"], [])


async def test_a_lost_version_of_a_unit_is_mended_by_the_answer(service: NotificationsService, whole: Total) -> None:
    await _only(service, *REGISTERED[:-1], a_unit("U-4", version=1))
    for minute in (0, 1):
        await _compare(service, whole, minute)
    assert len(await _asked(service)) == 1
    await service.register(*REGISTERED)
    await _compare(service, whole, 2)
    [row] = await service.query("SELECT kind, key, verdict FROM heard_summaries WHERE key = 'unit'")
    assert tuple(row) == ("registry", "unit", "same")
    metrics = service.runtime.metrics.registry
    assert metrics.get_sample_value("drive_reconcile_mended_total", {"what": "registry"}) == 1


async def test_units_that_agree_are_not_asked_for_whatever_other_kinds_there_are(
    service: NotificationsService, whole: Total
) -> None:
    await _only(service, *REGISTERED)
    for minute in range(3):
        await _compare(service, whole, minute)
    assert await _asked(service) == []


async def test_units_that_the_source_lacks_are_reported_and_not_asked_for(
    service: NotificationsService, whole: Total
) -> None:
    await _only(service, *REGISTERED, a_unit("U-5"))
    for minute in range(3):
        await _compare(service, whole, minute)
    assert await _asked(service) == []
    async with service.runtime.database.read() as session:
        await usecases.measure(session, service.runtime.metrics)
    metrics = service.runtime.metrics.registry
    assert metrics.get_sample_value("drive_reconcile_differing", {"what": "registry"}) == 1


async def test_a_summary_of_days_alone_says_nothing_of_units(service: NotificationsService) -> None:
    for minute in range(3):
        await _handle(service, _summary((), minute))
    assert await service.query("SELECT * FROM heard_summaries") == []


async def test_of_several_summaries_in_a_batch_the_newest_counts(service: NotificationsService, whole: Total) -> None:
    await _only(service, *REGISTERED)
    units = RegistrySummary(kind="unit", n=whole.n, checksum=whole.checksum)
    older = RegistrySummary(kind="unit", n=whole.n + 1, checksum=0)
    await _handle(service, _summary((units,), 1), _summary((older,), 0))
    [row] = await service.query("SELECT verdict FROM heard_summaries WHERE key = 'unit'")
    assert row.verdict == "same"


async def test_organisations_that_are_missing_are_asked_for_as_units_are(service: NotificationsService) -> None:
    await _only(service)
    known = [an_organisation(f"BD-{n}", "Bưu điện", version=n + 1) for n in range(3)]
    await service.register_organisations(*known)
    async with service.runtime.database.read() as session:
        whole = (await totals.of_registry(session, REGISTRY_TOTALS))["organisation"]
    await service.execute("DELETE FROM organisations WHERE code = 'BD-1'")
    summary = tuple(
        RegistrySummary(kind=kind, n=total.n, checksum=total.checksum)
        for kind, total in (("unit", Total()), ("organisation", whole), ("collector", Total()))
    )
    for minute in range(2):
        await _handle(service, _summary(summary, minute))
    [request] = await _asked(service)
    assert request["data"]["registry"] == ["organisation"]
