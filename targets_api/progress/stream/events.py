"""The events of a stream, as long as its client listens, its token is good and the process lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import Final

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from services.errors import Unavailable
from services.waiting import pause
from targets_api.progress.queries import ProgressKey
from targets_api.progress.reader import UNIT
from targets_api.progress.stream.feed import POLL_SECONDS, Feed
from targets_api.progress.stream.subscription import Pending, Subscription
from targets_api.remembering.answers import Answers

HEARTBEAT_SECONDS: Final = 5.0
"""Shorter than proxies wait for the next byte of an answer."""
RETRY_MILLISECONDS: Final = 2_000
AT_ONCE: Final = 50
"""So many units are read together, and held until the client has taken them."""
_RELOAD: Final = '{"because":"read anew what you show: it may all have changed since the last event that you have"}'


async def events(
    feed: Feed, answers: Answers, subscription: Subscription, today: Callable[[], date], may_go_on: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """What has changed, and a comment where nothing has for a while."""
    yield format_sse_event(retry=RETRY_MILLISECONDS)
    while may_go_on() and not feed.stopping.is_set():
        pending = subscription.take()
        if pending is None:
            await pause(HEARTBEAT_SECONDS, subscription.changed)
            if not subscription.changed.is_set():
                yield KEEPALIVE_COMMENT
            continue
        try:
            async for each in _told(answers, subscription, pending, today()):
                yield each
        except Unavailable:
            subscription.put_back(pending)
            yield KEEPALIVE_COMMENT
            await pause(POLL_SECONDS, feed.stopping)


async def _told(answers: Answers, subscription: Subscription, pending: Pending, today: date) -> AsyncIterator[bytes]:
    """The last event has the id: whoever was not sent all is sent all again."""
    position = pending.position.id
    if pending.reload:
        yield format_sse_event(event="reload", data_str=_RELOAD, id=position)
        return
    for first in range(0, len(pending.codes), AT_ONCE):
        codes = pending.codes[first : first + AT_ONCE]
        for body in await _bodies(answers, subscription, codes, today):
            yield format_sse_event(event="progress", data_str=body)
    yield format_sse_event(id=position)


async def _bodies(answers: Answers, subscription: Subscription, codes: Sequence[str], today: date) -> list[str]:
    start = date(today.year, 1, 1)
    keys = [ProgressKey(code, subscription.scheme, start, today) for code in codes]
    found = await asyncio.gather(*(answers.of(UNIT, key) for key in keys))
    return [each.body.decode() for each in found if each]
