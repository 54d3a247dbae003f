"""One HTTP connection: uvicorn's, with limits on what a client may send and how long it may take (ADR 26)."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from drive.hosting.connection_limits import Connections, Phase
from drive.hosting.http_flow import AnswerTransport, PacedFlow
from services.errors import DomainError, FieldError, Malformed
from services.web.middleware import HUNG_UP, REFUSAL
from services.web.problems import HeadersTooLarge

HEADER_BYTES: Final = 64 * 1024
HEADERS: Final = 128
_READ_AWAY_BYTES: Final = 64 * 1024 * 1024
_CHUNK_FRAME: Final = 12
"""The bytes around a chunk, which are no fault of a client that sends small ones."""
_UPGRADE: Final = "no protocol but HTTP/1.1 is spoken: send no header Upgrade with a body, which would be lost"
_TOO_LARGE: Final = f"send up to {HEADERS} headers of up to {HEADER_BYTES:,} bytes in sum, trailers included"


class HttpConnection(HttpToolsProtocol):
    """Errors in HTTP itself are answered by the app, as all others: they are put into the `state` of the scope."""

    def __init__(self, limits: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._limits = limits
        self._overhead = 0
        self._read_away = 0
        self._outgoing: Any
        self._answered: RequestResponseCycle | None = None
        """The request that is being answered, or was last; the parser may be further."""
        self.phase: Phase = "request"
        self.since = self.stalled_since = 0.0
        self.requests = self.body_bytes = 0
        self.address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.flow = PacedFlow(transport, self._limits)
        self._outgoing = AnswerTransport(self)
        self.since = self.loop.time()
        self.address = self.client[0] if self.client else ""
        self._limits.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered and not self._answered.response_complete:
            self._answered.scope["state"][HUNG_UP] = True
        super().connection_lost(exc)
        self.forget_body()
        self.pipeline.clear()
        self.cycle = self._answered  # type: ignore[assignment]  # what was not begun knows this connection
        self._outgoing.connection = None  # which holds the answer, which holds this
        self._limits.leave(self)

    def data_received(self, data: bytes) -> None:
        if self.phase == "end":
            self._discard(len(data))
            return
        self._overhead += len(data)
        self._limits.received_bytes += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.cycle.keep_alive = False
        except httptools.HttpParserError as error:
            self.refuse(_refusal_in(error))
        else:
            if self._overhead > HEADER_BYTES:
                self.refuse(HeadersTooLarge(_TOO_LARGE))
            self._overhead = max(self._overhead, 0)
            self._limits.relieve()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.phase = "head"
        self.since = self.loop.time()

    def on_headers_complete(self) -> None:
        self._check_headers()
        if len(self.pipeline) > HEADERS:
            raise Malformed("wait for answers before you send further requests")
        if self.parser.should_upgrade() and _has_body(self.headers):
            raise Malformed(_UPGRADE, (FieldError("/header/Upgrade", _UPGRADE),))
        super().on_headers_complete()
        self.cycle.transport = self._outgoing
        self.headers = []  # trailers are no headers: who put a token into them was not seen by a proxy
        self.phase = "body"

    def on_chunk_header(self) -> None:
        """What stands before a chunk was read."""
        self._overhead -= _CHUNK_FRAME

    def on_body(self, body: bytes) -> None:
        self._overhead -= len(body)
        if self.cycle.response_complete:
            self._discard(len(body))
            return
        super().on_body(body)
        self.body_bytes += len(body)
        self._limits.take(len(body))

    def on_message_complete(self) -> None:
        if self.headers:
            self._check_headers()
        super().on_message_complete()
        self._overhead = self._read_away = 0
        if self.cycle.response_complete:
            self.phase, self.since = "request", self.loop.time()
        else:
            self.phase = "answer"

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.requests += 1
        self.forget_body()
        if self.phase == "answer" and self.cycle.response_complete:
            self.phase, self.since = "request", self.loop.time()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stalled_since = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stalled_since = 0.0

    def timeout_keep_alive_handler(self) -> None:
        self.cut()

    def shutdown(self) -> None:
        if self.phase == "end":
            self.cut()
        else:
            super().shutdown()

    def refuse(self, error: DomainError) -> None:
        """Answer with the error, unless another answer is under way or was given; then close."""
        was, cycle = self.phase, self._answered
        error.__traceback__ = None  # which holds the frames of the parser, and these this connection
        self._ends()
        self.forget_body()
        if cycle and not cycle.response_complete:
            cycle.keep_alive = False
            if cycle.more_body:
                cycle.scope["state"][REFUSAL] = error
                cycle.more_body = False
                cycle.message_event.set()
        elif was == "body":
            self.cut()
        else:
            self._answer_with(error)

    def end(self) -> None:
        """Close once the answer is sent, and what the client still sends is read: else the answer would be lost."""
        still_sends = self.phase in ("head", "body", "end")
        self._ends()
        if still_sends and not self.transport.is_closing():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _ends(self) -> None:
        """Requests behind the one that is answered are not begun: their answers could not be sent any more."""
        self.phase, self.since = "end", self.loop.time()
        self.pipeline.clear()
        self.flow.resume_reading()

    def cut(self) -> None:
        """Close at once, whatever was to be sent or read."""
        self.transport.abort()

    def forget_body(self) -> None:
        """Its bytes are not held any longer."""
        self._limits.take(-self.body_bytes)
        self.body_bytes = 0

    def _answer_with(self, error: DomainError) -> None:
        headers = self.headers[:HEADERS] if self.headers else []
        HttpToolsProtocol.on_message_begin(self)
        self.scope |= {"method": "none", "path": "", "raw_path": b"", "query_string": b""}
        self.headers += headers
        self.scope["state"][REFUSAL] = error
        self.cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self._outgoing,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )
        self._start_asgi_task(self.cycle, self.app)

    def _check_headers(self) -> None:
        if len(self.headers) > HEADERS or self._bytes_of_head() > HEADER_BYTES:
            raise HeadersTooLarge(_TOO_LARGE)

    def _bytes_of_head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _discard(self, size: int) -> None:
        self._read_away += size
        if self._read_away > _READ_AWAY_BYTES:
            self.cut()


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    given = dict(headers)
    return b"transfer-encoding" in given or given.get(b"content-length", b"0") != b"0"


def _refusal_in(error: httptools.HttpParserError) -> DomainError:
    if isinstance(error.__context__, DomainError):
        return error.__context__
    in_callback = isinstance(error, httptools.HttpParserCallbackError)
    return Malformed(f"this is not valid HTTP: {'its target cannot be read' if in_callback else error}")
