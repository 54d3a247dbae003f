"""The targets service's side of reconciliation: it compares with enrolment, and publishes the pace of targets again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.contracts.checksums import MODULUS, checksum_of
from services.contracts.enrolment import EnrolmentRecorded
from services.contracts.identities import pace_event_id
from services.contracts.reconciliation import (
    DaySummary,
    EnrolmentSummary,
    EnrolmentSummaryFacts,
    KnownPace,
    PaceSummary,
    RegistrySummary,
    ResendFacts,
    ResendRequested,
)
from services.contracts.sources import ENROLMENT_SOURCE, NOTIFICATIONS_SOURCE, TARGETS_SOURCE
from services.ids import new_id
from services.reconciliation import totals
from services.reconciliation.comparison import Total
from targets_api.reconciliation import summaries
from targets_api.reconciliation.comparison import REGISTRY_TOTALS
from tests.targets_api.builders import LAUNCH, NOON, TargetsService, a_sign_up, a_unit

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def published(n: int, **changes: Any) -> list[EnrolmentRecorded]:
    """Sign-ups as enrolment publishes them: each under its enrolment's id."""
    return [e.model_copy(update={"id": e.data.enrolment_id}) for e in (a_sign_up(**changes) for _ in range(n))]


def a_summary(
    events: Sequence[EnrolmentRecorded], minute: int, registry: Sequence[RegistrySummary] = ()
) -> EnrolmentSummary:
    """What enrolment publishes when it has recorded these, so many minutes after noon."""
    days = [
        DaySummary(day=day, n=len(of_day), checksum=sum(checksum_of(e.data) for e in of_day) % MODULUS)
        for day in sorted({event.data.signed_on for event in events})
        if (of_day := [event for event in events if event.data.signed_on == day])
    ]
    return EnrolmentSummary(
        id=new_id(),
        subject=ENROLMENT_SOURCE,
        time=_at(minute),
        correlationid="the-summary",
        data=EnrolmentSummaryFacts(days=tuple(days), registry=tuple(registry)),
    )


def _at(minute: int) -> datetime:
    return NOON + minute * MINUTE


async def _asked(service: TargetsService) -> list[ResendFacts]:
    return [event.data for event in await service.published("drive.resend.")]


async def _verdicts(service: TargetsService) -> dict[str, str]:
    return {row.key: row.verdict for row in await service.rows("SELECT key, verdict FROM heard_summaries")}


async def _local_totals(service: TargetsService) -> dict[date, Total]:
    async with service.runtime.database.read() as session:
        return await totals.by_day(session)


async def test_what_is_lost_of_a_day_is_asked_for_at_the_second_summary_that_shows_it(service: TargetsService) -> None:
    events = [*published(5), *published(3, signed_on=date(2025, 10, 24))]
    await service.handle(events[1:])
    await service.handle([a_summary(events, 0)])
    assert await _asked(service) == []
    await service.handle([a_summary(events, 1)])
    [request] = await _asked(service)
    assert (request.addressee, request.days, request.registry) == (ENROLMENT_SOURCE, (LAUNCH,), ())


async def test_what_was_lost_is_counted_once_when_it_comes_again_and_is_reported_as_mended(
    service: TargetsService,
) -> None:
    events = published(5)
    await service.handle(events[2:])
    for minute in (0, 1):
        await service.handle([a_summary(events, minute)])
    await service.handle(events)
    await service.handle([a_summary(events, 2)])
    assert (await service.progress(on=LAUNCH.isoformat()))["new"] == 5
    assert await _verdicts(service) == {LAUNCH.isoformat(): "same"}
    metrics = service.runtime.metrics.registry
    assert metrics.get_sample_value("drive_reconcile_differences_total", {"what": "day"}) == 1
    assert metrics.get_sample_value("drive_reconcile_mended_total", {"what": "day"}) == 1


async def test_sign_ups_on_their_way_are_no_difference(service: TargetsService) -> None:
    events = published(60)
    for minute in range(10):
        here, recorded = events[: minute * 5 + 3], events[: minute * 5 + 6]
        await service.handle(here)
        await service.handle([a_summary(recorded, minute)])
    assert await _asked(service) == []


async def test_sign_ups_that_arrive_before_the_summary_that_counts_them_are_no_difference(
    service: TargetsService,
) -> None:
    events = published(20)
    for minute in range(4):
        await service.handle(events[: minute * 5 + 5])
        await service.handle([a_summary(events[:3], minute)])
    assert await _asked(service) == []
    assert "surplus" not in (await _verdicts(service)).values()


async def test_a_loss_larger_than_what_an_interval_adds_is_found_while_sign_ups_go_on(
    service: TargetsService,
) -> None:
    events = published(40)
    lost = events[:12]
    for minute in range(3):
        await service.handle([e for e in events[: minute * 10 + 10] if e not in lost])
        await service.handle([a_summary(events[: minute * 10 + 10], minute)])
    assert (await _asked(service))[0].days == (LAUNCH,)


async def test_a_difference_that_stays_is_asked_for_ever_more_rarely(service: TargetsService) -> None:
    events = published(2)
    for minute in range(120):
        await service.handle([a_summary(events, minute)])
    assert len(await _asked(service)) == 5


async def test_what_the_source_no_longer_has_is_reported_and_not_asked_for(service: TargetsService) -> None:
    events = published(5)
    await service.handle(events)
    for minute in range(4):
        await service.handle([a_summary(events[:3], minute)])
    assert await _asked(service) == []
    assert await _verdicts(service) == {LAUNCH.isoformat(): "surplus"}
    await summaries.summarise(service.runtime.database, service.runtime.clock, HOUR, service.runtime.metrics)
    found = service.runtime.metrics.registry.get_sample_value("drive_reconcile_differing", {"what": "day"})
    assert found == 1


async def test_the_same_summary_again_and_an_older_one_late_show_nothing_new(service: TargetsService) -> None:
    events = published(5)
    await service.handle([a_summary(events, 3), a_summary(events, 3)])
    await service.handle([a_summary(events, 3)])
    await service.handle([a_summary(events, 2)])
    assert await _asked(service) == []


async def test_events_with_an_id_of_their_own_are_not_compared(service: TargetsService) -> None:
    await service.handle([a_sign_up(), a_sign_up()])
    assert await _local_totals(service) == {}
    assert [row.n for row in await service.rows("SELECT count(*) AS n FROM ledger")] == [2]


async def test_what_the_version_before_entered_is_compared_once_it_comes_again_and_counted_no_second_time(
    service: TargetsService,
) -> None:
    events = published(3)
    await service.handle(events)
    async with service.runtime.database.write() as work:
        await work.execute(text("UPDATE ledger SET checksum = NULL"))
    assert await _local_totals(service) == {}
    await service.handle(events)
    assert {day: total.n for day, total in (await _local_totals(service)).items()} == {LAUNCH: 3}
    assert (await service.progress(on=LAUNCH.isoformat()))["new"] == 3


async def test_a_registry_that_differs_is_asked_for_kind_by_kind(service: TargetsService) -> None:
    async with service.runtime.database.read() as session:
        local = await totals.of_registry(session, REGISTRY_TOTALS)
    registry = [
        RegistrySummary(kind="unit", n=local["unit"].n, checksum=(local["unit"].checksum + 1) % MODULUS),
        RegistrySummary(kind="organisation", n=local["organisation"].n, checksum=local["organisation"].checksum),
        RegistrySummary(kind="collector", n=local["collector"].n + 1, checksum=1),
    ]
    for minute in (0, 1):
        await service.handle([a_summary([], minute, registry)])
    assert [request.registry for request in await _asked(service)] == [("unit", "collector")]


async def test_a_new_version_of_a_unit_changes_the_checksum_of_the_registry(service: TargetsService) -> None:
    async with service.runtime.database.read() as session:
        before = await totals.of_registry(session, REGISTRY_TOTALS)
    await service.handle([a_unit("15127", "CS-CT", version=2)])
    async with service.runtime.database.read() as session:
        after = await totals.of_registry(session, REGISTRY_TOTALS)
    assert [kind for kind in before if before[kind] != after[kind]] == ["unit"]
    assert before["unit"].n == after["unit"].n


async def _lagging(service: TargetsService) -> UUID:
    target = await service.target()
    await service.sweep(date(2025, 11, 7))
    assert await service.transitions() == ["fell_behind"]
    return UUID(target["id"])


async def _ask(service: TargetsService, *known: KnownPace, addressee: str = TARGETS_SOURCE) -> None:
    request = ResendRequested(
        id=new_id(),
        source=NOTIFICATIONS_SOURCE,
        subject=addressee,
        time=NOON,
        correlationid="the-summary",
        data=ResendFacts(addressee=addressee, targets=known),
    )
    await service.handle([request])


async def test_a_pace_summary_lists_the_targets_that_lag(
    service: TargetsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    lagging = [await _lagging(service)]
    for value in (200, 300):
        lagging.append(UUID((await service.target(value=value, name=str(value)))["id"]))
    monkeypatch.setattr(summaries, "TARGETS_PER_SUMMARY", 2)
    await summaries.summarise(service.runtime.database, service.runtime.clock, HOUR, service.runtime.metrics)
    found: list[PaceSummary] = await service.published("drive.pace.summary.")
    assert [each.target_id for s in found for each in s.data.lagging] == sorted(lagging)
    assert [(s.data.from_id, s.data.until_id) for s in found] == [
        (None, sorted(lagging)[2]),
        (sorted(lagging)[2], None),
    ]
    assert {(each.episode, each.revision) for s in found for each in s.data.lagging} == {(1, 1)}


async def test_a_lag_is_published_again_under_its_old_id(service: TargetsService) -> None:
    target_id = await _lagging(service)
    await _ask(service, KnownPace(target_id=target_id))
    first, again = await service.published()
    assert again.id == first.id == pace_event_id(target_id, 1)
    assert again.data == first.data
    assert again.type == "drive.pace.worsened.v1"  # what is published for a lag that is critical


async def test_a_recovery_is_published_again_under_its_old_id(service: TargetsService) -> None:
    target_id = await _lagging(service)
    await service.handle(published(90, signed_on=date(2025, 11, 4)))
    await _ask(service, KnownPace(target_id=target_id, episode=1, revision=1))
    _, recovered, again = await service.published()
    assert (again.id, again.type) == (recovered.id, "drive.pace.recovered.v1")


async def test_a_listener_ahead_of_a_restored_database_gets_a_higher_revision(
    service: TargetsService,
) -> None:
    target_id = await _lagging(service)
    await _ask(service, KnownPace(target_id=target_id, episode=3, revision=9))
    again = (await service.published())[-1]
    assert (again.type, again.data.episode, again.data.revision) == ("drive.pace.worsened.v1", 3, 10)
    [row] = await service.rows("SELECT episode, revision FROM target_progress")
    assert (row.episode, row.revision) == (3, 10)


async def test_an_alert_of_a_target_that_never_lagged_here_is_reported_as_recovered(service: TargetsService) -> None:
    target = await service.target()
    await _ask(service, KnownPace(target_id=UUID(target["id"]), episode=1, revision=1))
    [event] = await service.published()
    assert (event.type, event.data.episode, event.data.revision) == ("drive.pace.recovered.v1", 1, 2)


async def test_a_request_to_another_source_is_passed_over(service: TargetsService) -> None:
    target_id = await _lagging(service)
    await _ask(service, KnownPace(target_id=target_id), addressee=ENROLMENT_SOURCE)
    assert await service.transitions() == ["fell_behind"]


@pytest.mark.parametrize(
    "loss",
    [
        ["DELETE FROM ledger"],
        ["TRUNCATE ledger"],
        ["TRUNCATE ledger, tallies"],
        ["DELETE FROM tallies", "DELETE FROM ledger"],
        ["UPDATE tallies SET n = 0", "DELETE FROM ledger"],
        ["DELETE FROM ledger WHERE signed_on = '2025-11-04'"],
    ],
    ids="; ".join,
)
async def test_what_was_deleted_from_the_ledger_is_counted_once_when_it_comes_again(
    service: TargetsService, loss: list[str]
) -> None:
    target = await service.target()
    events = [*published(7, signed_on=date(2025, 11, 4)), *published(3, signed_on=date(2025, 11, 5))]
    await service.handle(events)
    service.runtime.clock.pin(date(2025, 11, 7))
    for statement in loss:
        async with service.runtime.database.write() as work:
            await work.execute(text(statement))
    await service.handle(events[:2])
    await summaries.summarise(service.runtime.database, service.runtime.clock, HOUR, service.runtime.metrics)
    await service.handle(events)
    assert await service.achieved(target["id"]) == 10
    assert (await service.progress(on="2025-11-07"))["new"] == 10
    assert await service.rows("SELECT * FROM recounts") == []
    expected = {day: total.n for day, total in (await _local_totals(service)).items()}
    assert expected == {date(2025, 11, 4): 7, date(2025, 11, 5): 3}
