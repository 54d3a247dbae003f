"""Server-sent events, as a client reads them."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import NamedTuple


class Event(NamedTuple):
    """`id` is the place to go on from. All are empty of a comment, which says that the server is there."""

    kind: str = ""
    data: str = ""
    id: str = ""


async def events_of(lines: AsyncIterable[bytes]) -> AsyncIterator[Event]:
    """The events of a stream, each once it is complete; what the end cuts off is none."""
    fields: dict[str, list[str]] = {}
    async for line in lines:
        text = line.decode().rstrip("\r\n")
        if text:
            name, _, value = text.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        elif fields:
            yield Event(*("\n".join(fields.get(name, ())) for name in ("event", "data", "id")))
            fields = {}
