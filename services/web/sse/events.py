"""The events of a stream, as long as its client listens, its token is good and the process lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from services.errors import Unavailable
from services.waiting import pause
from services.web.sse.feed import POLL_SECONDS, Feed
from services.web.sse.subscription import Pending, Subscription

HEARTBEAT_SECONDS: Final = 5.0
"""Shorter than proxies wait for the next byte of an answer."""
RETRY_MILLISECONDS: Final = 2_000
AT_ONCE: Final = 50
"""So many are read together, and held until the client has taken them."""
_RELOAD: Final = '{"because":"read anew what you show: it may all have changed since the last event that you have"}'

Tell: TypeAlias = Callable[[Sequence[str]], Awaitable[list[bytes]]]
"""Makes the events on these keys, of how each is now."""


async def events(
    feed: Feed[Any], subscription: Subscription[Any], tell: Tell, may_go_on: Callable[[], bool]
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
            async for each in _told(tell, pending):
                yield each
        except Unavailable:
            subscription.put_back(pending)
            yield KEEPALIVE_COMMENT
            await pause(POLL_SECONDS, feed.stopping)


async def _told(tell: Tell, pending: Pending) -> AsyncIterator[bytes]:
    """The last event has the id: whoever was not sent all is sent all again."""
    if pending.reload:
        yield format_sse_event(event="reload", data_str=_RELOAD, id=pending.position.id)
        return
    for first in range(0, len(pending.keys), AT_ONCE):
        for each in await tell(pending.keys[first : first + AT_ONCE]):
            yield each
    yield format_sse_event(id=pending.position.id)
