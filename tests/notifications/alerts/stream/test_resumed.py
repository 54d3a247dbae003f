"""Whoever was away goes on at any process, and misses nothing."""

from __future__ import annotations

import pytest

from notifications.alerts.consumers import pace_handlers
from services.contracts.pace import PaceFellBehind
from tests.notifications.alerts.stream.steps import id_of, told
from tests.notifications.service import NotificationsService, an_episode
from tests.support.streams import Listen, Serve


async def test_a_client_goes_on_at_another_process_without_loss(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    first, lags = await serve(), [an_episode() for _ in range(3)]
    listener = await listen(first)
    await listener.until_id()
    await service.handle(lags[0].fell_behind())
    assert await told(listener) == [("alert", await id_of(service, lags[0]))]
    await first.stop()
    await listener.until_end()
    await service.handle(*(lag.fell_behind() for lag in lags[1:]))
    await service.handle(lags[1].recovered())
    again = await listen(await serve(), last_id=listener.last_id)
    assert await told(again) == [("alert", await id_of(service, lag)) for lag in lags[1:]]


async def test_a_change_that_was_not_committed_yet_when_the_client_left_is_told_when_it_returns(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    served, late, early = await serve(), an_episode(), an_episode()
    handle = pace_handlers(service.runtime.settings.terms, lambda: None)[PaceFellBehind]
    async with service.runtime.database.write() as work:
        await handle(work, service.context(), [late.fell_behind()])
        listener = await listen(served)
        await listener.until_id()
        await service.handle(early.fell_behind())
        assert await told(listener) == [("alert", await id_of(service, early))]
        last_id = listener.last_id
        await listener.answer.aclose()
    again = await listen(served, last_id=last_id)
    assert await told(again) == [("alert", await id_of(service, late))]


async def test_entries_whose_transactions_are_still_to_come_are_not_told(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    """As after a dump of another server was restored."""
    restored, new = an_episode(), an_episode()
    await service.handle(restored.fell_behind())
    await service.execute("UPDATE alert_timeline SET xid = CAST('900000000000' AS xid8)")
    listener = await listen(await serve())
    await listener.until_id()
    await service.handle(new.fell_behind())
    assert await told(listener) == [("alert", await id_of(service, new))]


@pytest.mark.parametrize("last_id", ["7", "1.1.5.5:5:"])
async def test_an_id_that_nothing_is_known_of_begins_anew(serve: Serve, listen: Listen, last_id: str) -> None:
    listener = await listen(await serve(), last_id=last_id)
    assert await listener.kinds() == ["reload"]
