"""Answers that would never end, for clients in this process, which take an answer as a whole."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EVENTS = (b"content-type", b"text/event-stream; charset=utf-8")


class Ending:
    """An app whose streams of events end after their first bytes, as if the client had gone then."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_stream, gone = False, asyncio.Event()

        async def sent(message: Message) -> None:
            nonlocal is_stream
            is_stream |= _EVENTS in message.get("headers", ())
            if gone.is_set():
                return
            if is_stream and message.get("body"):
                message["more_body"] = False
                gone.set()
            await send(message)

        async def received() -> Message:
            asked = asyncio.ensure_future(receive())
            left = asyncio.ensure_future(gone.wait())
            await asyncio.wait({asked, left}, return_when=asyncio.FIRST_COMPLETED)
            left.cancel()
            return asked.result() if asked.done() else {"type": "http.disconnect"}

        await self._app(scope, received, sent)
