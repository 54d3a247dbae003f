"""Notifications compares its alerts with summaries of pace, and asks about what differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from notifications.reconciliation import usecases
from notifications.reconciliation.consumers import reconciliation_handlers
from services.contracts.events import EVENT
from services.contracts.reconciliation import (
    KnownPace,
    LaggingTarget,
    PaceSummary,
    PaceSummaryFacts,
    ResendFacts,
    ResendRequested,
)
from services.contracts.sources import TARGETS_SOURCE
from services.ids import new_id
from tests.notifications.service import RAISED_AT, Episode, House, an_episode


def a_lag(episode: Episode, revision: int) -> LaggingTarget:
    """What the source tells of a target that lags."""
    return LaggingTarget(target_id=episode.target_id, episode=episode.number, revision=revision)


async def hear(
    house: House, *lagging: LaggingTarget, minute: int, until_id: UUID | None = None, from_id: UUID | None = None
) -> None:
    """Handle a summary of that minute."""
    summary = PaceSummary(
        id=new_id(),
        subject=TARGETS_SOURCE,
        time=RAISED_AT + timedelta(minutes=minute),
        correlationid="the-summary",
        data=PaceSummaryFacts(from_id=from_id, until_id=until_id, lagging=lagging),
    )
    async with house.runtime.database.write() as work:
        await reconciliation_handlers(house.runtime)[summary.type](work, [summary])


async def asked(house: House) -> Sequence[ResendFacts]:
    """What was asked of the source so far."""
    rows = await house.query("SELECT body FROM outbox WHERE type = 'drive.resend.requested.v1' ORDER BY seq")
    events = [EVENT.validate_json(row.body) for row in rows]
    return [event.data for event in events if isinstance(event, ResendRequested)]


async def statuses(house: House) -> list[tuple[int, str]]:
    """Episode and status of each alert."""
    rows = await house.query("SELECT episode, status FROM alerts ORDER BY episode")
    return [(row.episode, row.status) for row in rows]


async def test_a_lag_without_an_alert_is_asked_about_at_the_second_summary_that_shows_it(house: House) -> None:
    lost = an_episode()
    await hear(house, a_lag(lost, 1), minute=0)
    assert await asked(house) == []
    await hear(house, a_lag(lost, 1), minute=1)
    [request] = await asked(house)
    assert request.addressee == TARGETS_SOURCE
    assert request.targets == (KnownPace(target_id=lost.target_id, episode=0, revision=0),)


async def test_alerts_that_agree_are_not_asked_about(house: House) -> None:
    one, other = an_episode(), an_episode()
    await house.hear(one.fell_behind(), one.worsened(), other.fell_behind(), other.recovered())
    for minute in range(3):
        await hear(house, a_lag(one, 2), minute=minute)
    assert await asked(house) == []
    assert await house.query("SELECT * FROM pace_differences") == []


async def test_a_lag_that_is_heard_of_before_the_next_summary_was_only_on_its_way(house: House) -> None:
    late = an_episode()
    await hear(house, a_lag(late, 1), minute=0)
    await house.hear(late.fell_behind())
    await hear(house, a_lag(late, 1), minute=1)
    await house.hear(late.worsened())
    await hear(house, a_lag(late, 1), minute=2)
    await hear(house, a_lag(late, 2), minute=3)
    assert await asked(house) == []


async def test_an_alert_whose_recovery_was_lost_is_asked_about_and_resolved_by_the_answer(house: House) -> None:
    episode = an_episode()
    await house.hear(episode.fell_behind())
    for minute in (0, 1):
        await hear(house, minute=minute)
    [request] = await asked(house)
    assert request.targets == (KnownPace(target_id=episode.target_id, episode=1, revision=1),)
    await house.hear(episode.recovered(2))
    await hear(house, minute=2)
    assert await statuses(house) == [(1, "resolved")]
    metrics = house.runtime.metrics.registry
    assert metrics.get_sample_value("drive_reconcile_mended_total", {"what": "target"}) == 1


async def test_a_worsening_that_was_lost_is_asked_about(house: House) -> None:
    episode = an_episode()
    await house.hear(episode.fell_behind())
    for minute in (0, 1):
        await hear(house, a_lag(episode, 2), minute=minute)
    assert [request.targets[0].revision for request in await asked(house)] == [1]


async def test_an_event_of_a_later_episode_resolves_what_is_left_of_an_earlier_one(house: House) -> None:
    first = an_episode()
    second = Episode(first.target_id, number=2)
    await house.hear(first.fell_behind(1), second.fell_behind(3))
    assert await statuses(house) == [(1, "resolved"), (2, "open")]
    types = await house.outbox_types()
    assert sorted(types) == ["drive.alert.raised.v1", "drive.alert.raised.v1", "drive.alert.resolved.v1"]


async def test_a_late_event_of_an_earlier_episode_leaves_the_later_one_as_it_is(house: House) -> None:
    first = an_episode()
    second = Episode(first.target_id, number=2)
    await house.hear(second.fell_behind(3), first.fell_behind(1), first.recovered(2))
    assert await statuses(house) == [(1, "resolved"), (2, "open")]


async def test_alerts_of_a_state_that_the_source_lost_are_asked_about_until_they_agree(house: House) -> None:
    first = an_episode()
    third = Episode(first.target_id, number=3)
    await house.hear(first.fell_behind(1), third.fell_behind(7))
    for minute in (0, 1):
        await hear(house, a_lag(first, 1), minute=minute)
    [request] = await asked(house)
    assert (request.targets[0].episode, request.targets[0].revision) == (3, 7)
    await house.hear(third.worsened(8))
    await hear(house, a_lag(third, 8), minute=2)
    assert await house.query("SELECT * FROM pace_differences") == []
    assert await statuses(house) == [(1, "resolved"), (3, "open")]


async def test_only_targets_within_the_range_of_a_summary_are_compared(house: House) -> None:
    one, other = sorted([an_episode(), an_episode()], key=lambda episode: episode.target_id)
    await house.hear(one.fell_behind(), other.fell_behind())
    for minute in (0, 1):
        await hear(house, minute=minute, until_id=other.target_id)
        await hear(house, a_lag(other, 1), minute=minute, from_id=other.target_id)
    assert [known.target_id for request in await asked(house) for known in request.targets] == [one.target_id]


async def test_what_nobody_can_mend_is_asked_for_ever_more_rarely_and_stays_in_the_gauge(house: House) -> None:
    await house.hear(an_episode().fell_behind())
    for minute in range(121):
        await hear(house, minute=minute)
    assert len(await asked(house)) == 5
    await usecases.measure(house.runtime.database, house.runtime.metrics)
    found = house.runtime.metrics.registry.get_sample_value("drive_reconcile_differing", {"what": "target"})
    assert found == 1


async def test_the_same_summary_twice_confirms_nothing(house: House) -> None:
    lost = an_episode()
    for _ in range(3):
        await hear(house, a_lag(lost, 1), minute=0)
    assert await asked(house) == []


async def test_very_many_differences_are_asked_about_in_requests_of_a_bounded_size(house: House) -> None:
    lagging = [a_lag(an_episode(), 1) for _ in range(usecases.TARGETS_PER_REQUEST + 1)]
    for minute in (0, 1):
        await hear(house, *lagging, minute=minute)
    assert [len(request.targets) for request in await asked(house)] == [usecases.TARGETS_PER_REQUEST, 1]
