"""The targets service's side of reconciliation: it compares with enrolment, and tells again where targets stand."""

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
from targets_api.reconciliation import usecases
from tests.targets_api.builders import LAUNCH, NOON, Drive, a_sign_up, a_unit

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def published(n: int, **changes: Any) -> list[EnrolmentRecorded]:
    """Sign-ups as enrolment publishes them: each under its enrolment's id."""
    return [e.model_copy(update={"id": e.data.enrolment_id}) for e in (a_sign_up(**changes) for _ in range(n))]


def a_summary(
    events: Sequence[EnrolmentRecorded], minute: int, registry: Sequence[RegistrySummary] = ()
) -> EnrolmentSummary:
    """What enrolment tells when it has recorded these, so many minutes after noon."""
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


async def _asked(drive: Drive) -> list[ResendFacts]:
    return [event.data for event in await drive.told("drive.resend.")]


async def _verdicts(drive: Drive) -> dict[str, str]:
    return {row.key: row.verdict for row in await drive.rows("SELECT key, verdict FROM heard_summaries")}


async def _ours(drive: Drive) -> dict[date, Total]:
    async with drive.runtime.database.read() as session:
        return await totals.by_day(session)


async def test_what_is_lost_of_a_day_is_asked_for_at_the_second_summary_that_shows_it(drive: Drive) -> None:
    events = [*published(5), *published(3, signed_on=date(2025, 10, 24))]
    await drive.hear(events[1:])
    await drive.hear([a_summary(events, 0)])
    assert await _asked(drive) == []
    await drive.hear([a_summary(events, 1)])
    [request] = await _asked(drive)
    assert (request.addressee, request.days, request.registry) == (ENROLMENT_SOURCE, (LAUNCH,), ())


async def test_what_was_lost_is_counted_once_when_it_comes_again_and_is_reported_as_mended(drive: Drive) -> None:
    events = published(5)
    await drive.hear(events[2:])
    for minute in (0, 1):
        await drive.hear([a_summary(events, minute)])
    await drive.hear(events)
    await drive.hear([a_summary(events, 2)])
    assert (await drive.progress(on=LAUNCH.isoformat()))["new"] == 5
    assert await _verdicts(drive) == {LAUNCH.isoformat(): "same"}
    metrics = drive.runtime.metrics.registry
    assert metrics.get_sample_value("drive_reconcile_differences_total", {"what": "day"}) == 1
    assert metrics.get_sample_value("drive_reconcile_mended_total", {"what": "day"}) == 1


async def test_sign_ups_on_their_way_are_no_difference(drive: Drive) -> None:
    events = published(60)
    for minute in range(10):
        here, told = events[: minute * 5 + 3], events[: minute * 5 + 6]
        await drive.hear(here)
        await drive.hear([a_summary(told, minute)])
    assert await _asked(drive) == []


async def test_sign_ups_that_arrive_before_the_summary_that_counts_them_are_no_difference(drive: Drive) -> None:
    events = published(20)
    for minute in range(4):
        await drive.hear(events[: minute * 5 + 5])
        await drive.hear([a_summary(events[:3], minute)])
    assert await _asked(drive) == []
    assert "surplus" not in (await _verdicts(drive)).values()


async def test_a_loss_larger_than_what_an_interval_adds_is_found_while_sign_ups_go_on(
    drive: Drive,
) -> None:
    events = published(40)
    lost = events[:12]
    for minute in range(3):
        await drive.hear([e for e in events[: minute * 10 + 10] if e not in lost])
        await drive.hear([a_summary(events[: minute * 10 + 10], minute)])
    assert (await _asked(drive))[0].days == (LAUNCH,)


async def test_what_nobody_can_mend_is_asked_for_ever_more_rarely(drive: Drive) -> None:
    events = published(2)
    for minute in range(120):
        await drive.hear([a_summary(events, minute)])
    assert len(await _asked(drive)) == 5


async def test_what_the_source_no_longer_has_is_reported_and_not_asked_for(drive: Drive) -> None:
    events = published(5)
    await drive.hear(events)
    for minute in range(4):
        await drive.hear([a_summary(events[:3], minute)])
    assert await _asked(drive) == []
    assert await _verdicts(drive) == {LAUNCH.isoformat(): "surplus"}
    await usecases.summarise(drive.runtime.database, drive.runtime.clock, HOUR, drive.runtime.metrics)
    found = drive.runtime.metrics.registry.get_sample_value("drive_reconcile_differing", {"what": "day"})
    assert found == 1


async def test_the_same_summary_again_and_an_older_one_late_show_nothing_new(drive: Drive) -> None:
    events = published(5)
    await drive.hear([a_summary(events, 3), a_summary(events, 3)])
    await drive.hear([a_summary(events, 3)])
    await drive.hear([a_summary(events, 2)])
    assert await _asked(drive) == []


async def test_events_with_an_id_of_their_own_are_not_compared(drive: Drive) -> None:
    await drive.hear([a_sign_up(), a_sign_up()])
    assert await _ours(drive) == {}
    assert [row.n for row in await drive.rows("SELECT count(*) AS n FROM ledger")] == [2]


async def test_what_the_version_before_entered_is_compared_once_it_comes_again_and_counted_no_second_time(
    drive: Drive,
) -> None:
    events = published(3)
    await drive.hear(events)
    async with drive.runtime.database.write() as work:
        await work.execute(text("UPDATE ledger SET checksum = NULL"))
    assert await _ours(drive) == {}
    await drive.hear(events)
    assert {day: total.n for day, total in (await _ours(drive)).items()} == {LAUNCH: 3}
    assert (await drive.progress(on=LAUNCH.isoformat()))["new"] == 3


async def test_a_registry_that_differs_is_asked_for_kind_by_kind(drive: Drive) -> None:
    async with drive.runtime.database.read() as session:
        ours = await totals.of_registry(session)
    told = [
        RegistrySummary(kind="unit", n=ours["unit"].n, checksum=(ours["unit"].checksum + 1) % MODULUS),
        RegistrySummary(kind="organisation", n=ours["organisation"].n, checksum=ours["organisation"].checksum),
        RegistrySummary(kind="collector", n=ours["collector"].n + 1, checksum=1),
    ]
    for minute in (0, 1):
        await drive.hear([a_summary([], minute, told)])
    assert [request.registry for request in await _asked(drive)] == [("unit", "collector")]


async def test_a_new_version_of_a_unit_changes_the_checksum_of_the_registry(drive: Drive) -> None:
    async with drive.runtime.database.read() as session:
        before = await totals.of_registry(session)
    await drive.hear([a_unit("15127", "CS-CT", version=2)])
    async with drive.runtime.database.read() as session:
        after = await totals.of_registry(session)
    assert [kind for kind in before if before[kind] != after[kind]] == ["unit"]
    assert before["unit"].n == after["unit"].n


async def _lagging(drive: Drive) -> UUID:
    target = await drive.target()
    await drive.sweep(date(2025, 11, 7))
    assert await drive.turns() == ["fell_behind"]
    return UUID(target["id"])


async def _ask(drive: Drive, *known: KnownPace, addressee: str = TARGETS_SOURCE) -> None:
    request = ResendRequested(
        id=new_id(),
        source=NOTIFICATIONS_SOURCE,
        subject=addressee,
        time=NOON,
        correlationid="the-summary",
        data=ResendFacts(addressee=addressee, targets=known),
    )
    await drive.hear([request])


async def test_a_pace_summary_tells_which_targets_lag(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    lagging = [await _lagging(drive)]
    for value in (200, 300):
        lagging.append(UUID((await drive.target(value=value, name=str(value)))["id"]))
    monkeypatch.setattr(usecases, "TARGETS_PER_SUMMARY", 2)
    await usecases.summarise(drive.runtime.database, drive.runtime.clock, HOUR, drive.runtime.metrics)
    summaries: list[PaceSummary] = await drive.told("drive.pace.summary.")
    assert [each.target_id for s in summaries for each in s.data.lagging] == sorted(lagging)
    assert [(s.data.from_id, s.data.until_id) for s in summaries] == [
        (None, sorted(lagging)[2]),
        (sorted(lagging)[2], None),
    ]
    assert {(each.episode, each.revision) for s in summaries for each in s.data.lagging} == {(1, 1)}


async def test_a_lag_is_told_again_under_its_old_id(drive: Drive) -> None:
    target_id = await _lagging(drive)
    await _ask(drive, KnownPace(target_id=target_id))
    first, again = await drive.told()
    assert again.id == first.id == pace_event_id(target_id, 1)
    assert again.data == first.data
    assert again.type == "drive.pace.worsened.v1"  # what it tells of a lag that is critical


async def test_a_recovery_is_told_again_under_its_old_id(drive: Drive) -> None:
    target_id = await _lagging(drive)
    await drive.hear(published(90, signed_on=date(2025, 11, 4)))
    await _ask(drive, KnownPace(target_id=target_id, episode=1, revision=1))
    _, recovered, again = await drive.told()
    assert (again.id, again.type) == (recovered.id, "drive.pace.recovered.v1")


async def test_a_listener_that_knows_more_than_a_restored_database_is_told_beyond_what_it_knows(drive: Drive) -> None:
    target_id = await _lagging(drive)
    await _ask(drive, KnownPace(target_id=target_id, episode=3, revision=9))
    again = (await drive.told())[-1]
    assert (again.type, again.data.episode, again.data.revision) == ("drive.pace.worsened.v1", 3, 10)
    [row] = await drive.rows("SELECT episode, revision FROM target_progress")
    assert (row.episode, row.revision) == (3, 10)


async def test_an_alert_of_a_target_that_never_lagged_here_is_told_to_be_over(drive: Drive) -> None:
    target = await drive.target()
    await _ask(drive, KnownPace(target_id=UUID(target["id"]), episode=1, revision=1))
    [event] = await drive.told()
    assert (event.type, event.data.episode, event.data.revision) == ("drive.pace.recovered.v1", 1, 2)


async def test_a_request_to_another_source_is_passed_over(drive: Drive) -> None:
    target_id = await _lagging(drive)
    await _ask(drive, KnownPace(target_id=target_id), addressee=ENROLMENT_SOURCE)
    assert await drive.turns() == ["fell_behind"]


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
    drive: Drive, loss: list[str]
) -> None:
    target = await drive.target()
    events = [*published(7, signed_on=date(2025, 11, 4)), *published(3, signed_on=date(2025, 11, 5))]
    await drive.hear(events)
    drive.runtime.clock.pin(date(2025, 11, 7))
    for statement in loss:
        async with drive.runtime.database.write() as work:
            await work.execute(text(statement))
    await drive.hear(events[:2])
    await usecases.summarise(drive.runtime.database, drive.runtime.clock, HOUR, drive.runtime.metrics)
    await drive.hear(events)
    assert await drive.achieved(target["id"]) == 10
    assert (await drive.progress(on="2025-11-07"))["new"] == 10
    assert await drive.rows("SELECT * FROM recounts") == []
    expected = {day: total.n for day, total in (await _ours(drive)).items()}
    assert expected == {date(2025, 11, 4): 7, date(2025, 11, 5): 3}
