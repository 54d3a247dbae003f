"""A client that does not read is sent the newest, and costs nobody anything."""

from __future__ import annotations

import pytest

from services.web.sse import feed
from tests.notifications.alerts.stream.steps import token, told
from tests.notifications.service import NotificationsService, an_episode
from tests.support.streams import Listen, Serve, Unread, with_small_buffers

ROUNDS = 24
ALERTS = 6


async def test_a_client_that_does_not_read_slows_nobody_and_is_sent_the_newest_instead_of_all(
    service: NotificationsService, serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_small_buffers(monkeypatch)
    monkeypatch.setattr(feed, "POLL_SECONDS", 0.02)
    served = await serve()
    unread = Unread(served.port, "/v1/alerts/stream", token(service))
    quick = await listen(served)
    await quick.until_id()
    lags = [an_episode(name="a long name " * 16) for _ in range(ALERTS)]
    for version in range(1, ROUNDS + 1):
        events = [lag.fell_behind(version) if version == 1 else lag.worsened(version) for lag in lags]
        await service.handle_batch(events)
        assert len(await told(quick)) == ALERTS
    seen = await unread.read_until(f'"version":{ROUNDS},')
    unread.close()
    assert seen.count("event: alert") < ROUNDS * ALERTS


async def test_whoever_is_too_far_behind_reads_anew(
    service: NotificationsService, serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.web.sse.subscription.MOST_PENDING", 3)
    listener = await listen(await serve())
    await listener.until_id()
    await service.handle_batch([an_episode().fell_behind() for _ in range(3)])
    assert len(await told(listener)) == 3
    await service.handle_batch([an_episode().fell_behind() for _ in range(4)])
    assert await listener.kinds() == ["reload"]
