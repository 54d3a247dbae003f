"""Notifications compares its alerts with summaries of pace, and asks about what differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
import structlog

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
from tests.notifications.handling.steps import Handled
from tests.notifications.service import RAISED_AT, Episode, NotificationsService, an_episode


def a_lag(episode: Episode, revision: int) -> LaggingTarget:
    """A target that lags, as the source summarises it."""
    return LaggingTarget(target_id=episode.target_id, episode=episode.number, revision=revision)


async def compare(
    service: NotificationsService,
    *lagging: LaggingTarget,
    minute: int,
    until_id: UUID | None = None,
    from_id: UUID | None = None,
) -> None:
    """Handle a summary of that minute."""
    summary = PaceSummary(
        id=new_id(),
        subject=TARGETS_SOURCE,
        time=RAISED_AT + timedelta(minutes=minute),
        correlationid="the-summary",
        data=PaceSummaryFacts(from_id=from_id, until_id=until_id, lagging=lagging),
    )
    async with service.runtime.database.write() as work:
        await reconciliation_handlers(service.runtime)[PaceSummary](work, service.context(), [summary])


async def asked(service: NotificationsService) -> Sequence[ResendFacts]:
    """What was asked of the source so far."""
    rows = await service.query("SELECT body FROM outbox WHERE type = 'drive.resend.requested.v1' ORDER BY seq")
    events = [EVENT.validate_json(row.body) for row in rows]
    return [event.data for event in events if isinstance(event, ResendRequested)]


async def statuses(service: NotificationsService) -> list[tuple[int, str]]:
    """Episode and status of each alert."""
    rows = await service.query("SELECT episode, status FROM alerts ORDER BY episode")
    return [(row.episode, row.status) for row in rows]


async def test_a_lag_without_an_alert_is_asked_about_at_the_second_summary_that_shows_it(
    service: NotificationsService,
) -> None:
    lost = an_episode()
    await compare(service, a_lag(lost, 1), minute=0)
    assert await asked(service) == []
    await compare(service, a_lag(lost, 1), minute=1)
    [request] = await asked(service)
    assert request.addressee == TARGETS_SOURCE
    assert request.targets == (KnownPace(target_id=lost.target_id, episode=0, revision=0),)


async def test_alerts_that_agree_are_not_asked_about(service: NotificationsService) -> None:
    one, other = an_episode(), an_episode()
    await service.handle(one.fell_behind(), one.worsened(), other.fell_behind(), other.recovered())
    for minute in range(3):
        await compare(service, a_lag(one, 2), minute=minute)
    assert await asked(service) == []
    assert await service.query("SELECT * FROM pace_differences") == []


async def test_a_lag_whose_event_arrives_before_the_next_summary_is_no_difference(
    service: NotificationsService,
) -> None:
    late = an_episode()
    await compare(service, a_lag(late, 1), minute=0)
    await service.handle(late.fell_behind())
    await compare(service, a_lag(late, 1), minute=1)
    await service.handle(late.worsened())
    await compare(service, a_lag(late, 1), minute=2)
    await compare(service, a_lag(late, 2), minute=3)
    assert await asked(service) == []


async def test_an_alert_whose_recovery_was_lost_is_asked_about_and_resolved_by_the_answer(
    service: NotificationsService,
) -> None:
    episode = an_episode()
    await service.handle(episode.fell_behind())
    for minute in (0, 1):
        await compare(service, minute=minute)
    [request] = await asked(service)
    assert request.targets == (KnownPace(target_id=episode.target_id, episode=1, revision=1),)
    await service.handle(episode.recovered(2))
    await compare(service, minute=2)
    assert await statuses(service) == [(1, "resolved")]
    metrics = service.runtime.metrics.registry
    assert metrics.get_sample_value("drive_reconcile_mended_total", {"what": "target"}) == 1


async def test_what_differs_and_what_is_mended_is_logged_in_the_order_of_the_targets(
    service: NotificationsService,
) -> None:
    lost = [an_episode() for _ in range(12)]
    with structlog.testing.capture_logs() as logs:
        for minute in range(2):
            await compare(service, *(a_lag(each, 1) for each in lost), minute=minute)
        await service.handle(*(each.fell_behind() for each in lost))
        await compare(service, *(a_lag(each, 1) for each in lost), minute=2)
    keys = sorted(str(each.target_id) for each in lost)
    for event in ("reconcile_differs", "reconcile_mended"):
        assert [entry["key"] for entry in logs if entry["event"] == event] == keys


async def test_an_alert_that_somebody_ended_is_not_asked_about_while_its_target_lags(
    service: NotificationsService,
) -> None:
    ended = await Handled(service).begin()
    await ended.do("resolution", reason="The baseline was wrong")
    for minute in range(3):
        await compare(service, a_lag(ended.lag, 1), minute=minute)
    assert await asked(service) == []
    assert await service.query("SELECT * FROM pace_differences") == []


@pytest.mark.parametrize(("episode", "revision"), [(1, 2), (2, 3)])
async def test_what_was_lost_after_an_alert_was_ended_by_hand_is_asked_about(
    service: NotificationsService, episode: int, revision: int
) -> None:
    ended = await Handled(service).begin()
    await ended.do("resolution", reason="The baseline was wrong")
    for minute in range(2):
        await compare(service, a_lag(Episode(ended.lag.target_id, number=episode), revision), minute=minute)
    assert [known.revision for request in await asked(service) for known in request.targets] == [1]


async def test_a_worsening_that_was_lost_is_asked_about(service: NotificationsService) -> None:
    episode = an_episode()
    await service.handle(episode.fell_behind())
    for minute in (0, 1):
        await compare(service, a_lag(episode, 2), minute=minute)
    assert [request.targets[0].revision for request in await asked(service)] == [1]


async def test_an_event_of_a_later_episode_resolves_what_is_left_of_an_earlier_one(
    service: NotificationsService,
) -> None:
    first = an_episode()
    second = Episode(first.target_id, number=2)
    await service.handle(first.fell_behind(1), second.fell_behind(3))
    assert await statuses(service) == [(1, "resolved"), (2, "open")]
    types = await service.outbox_types()
    assert sorted(types) == ["drive.alert.raised.v1", "drive.alert.raised.v1", "drive.alert.resolved.v1"]


async def test_alerts_of_a_state_that_the_source_lost_are_asked_about_until_they_agree(
    service: NotificationsService,
) -> None:
    first = an_episode()
    third = Episode(first.target_id, number=3)
    await service.handle(first.fell_behind(1), third.fell_behind(7))
    for minute in (0, 1):
        await compare(service, a_lag(first, 1), minute=minute)
    [request] = await asked(service)
    assert (request.targets[0].episode, request.targets[0].revision) == (3, 7)
    await service.handle(third.worsened(8))
    await compare(service, a_lag(third, 8), minute=2)
    assert await service.query("SELECT * FROM pace_differences") == []
    assert await statuses(service) == [(1, "resolved"), (3, "open")]


async def test_only_targets_within_the_range_of_a_summary_are_compared(service: NotificationsService) -> None:
    one, other = sorted([an_episode(), an_episode()], key=lambda episode: episode.target_id)
    await service.handle(one.fell_behind(), other.fell_behind())
    for minute in (0, 1):
        await compare(service, minute=minute, until_id=other.target_id)
        await compare(service, a_lag(other, 1), minute=minute, from_id=other.target_id)
    assert [known.target_id for request in await asked(service) for known in request.targets] == [one.target_id]


async def test_a_difference_that_stays_is_requested_ever_more_rarely_and_stays_in_the_gauge(
    service: NotificationsService,
) -> None:
    await service.handle(an_episode().fell_behind())
    for minute in range(121):
        await compare(service, minute=minute)
    assert len(await asked(service)) == 5
    async with service.runtime.database.read() as session:
        await usecases.measure(session, service.runtime.metrics)
    found = service.runtime.metrics.registry.get_sample_value("drive_reconcile_differing", {"what": "target"})
    assert found == 1


async def test_the_same_summary_twice_confirms_nothing(service: NotificationsService) -> None:
    lost = an_episode()
    for _ in range(3):
        await compare(service, a_lag(lost, 1), minute=0)
    assert await asked(service) == []


async def test_very_many_differences_are_asked_about_in_requests_of_a_bounded_size(
    service: NotificationsService,
) -> None:
    lagging = [a_lag(an_episode(), 1) for _ in range(usecases.TARGETS_PER_REQUEST + 1)]
    for minute in (0, 1):
        await compare(service, *lagging, minute=minute)
    assert [len(request.targets) for request in await asked(service)] == [usecases.TARGETS_PER_REQUEST, 1]
