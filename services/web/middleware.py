"""What surrounds every request: its id, its size limit, its time, and the answer where something broke."""

from __future__ import annotations

import asyncio
import re
import time

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.errors import DomainError, Unavailable
from services.ids import new_id
from services.observability import Metrics
from services.web.problems import MEDIA_TYPE, Internal, TooLarge, base_of, problem_of, problem_response
from services.web.request_log import CLIENT_CLOSED, note, route_of

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Four times what 1,000 sign-ups take."""
REQUEST_SECONDS = 8.0
"""How long an answer may take to begin, from the last byte of the request; after that the answer is 503."""
_TOO_LARGE = f"a body may have up to {MAX_BODY_BYTES:,} bytes: split it"
REFUSAL = "refusal"
"""Where the server puts, into the state of a scope, an error of HTTP itself; and `HUNG_UP`, once nobody waits."""
HUNG_UP = "hung_up"
_ANSWER_BY = "answer_by"
_IS_HEAD = "is_head"
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
"""Methods whose body, where there is one, no route reads (RFC 9110, 9.3)."""
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_NO_STORE = (b"cache-control", b"no-store")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class RequestMiddleware:
    """Pure ASGI, since each layer of BaseHTTPMiddleware costs more than the whole of this."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Request(self._app, self._metrics, scope, receive, send).run()


class _Request:
    """One request on its way through."""

    def __init__(self, app: ASGIApp, metrics: Metrics, scope: Scope, receive: Receive, send: Send) -> None:
        self._app, self._metrics, self._receive, self._send = app, metrics, receive, send
        self._method: str = scope["method"]
        # HEAD is answered as GET is, without the body; the server's own scope has to keep the method.
        self._scope = {**scope, "method": "GET"} if self._method == "HEAD" else scope
        self._status = 0
        self._bytes = 0
        self._overdue = False
        self._deadline: asyncio.TimerHandle | None = None
        self._late_answer: asyncio.Task[None] | None = None
        headers = dict(scope["headers"])
        self._declared_bytes = _declared_bytes(headers.get(b"content-length", b""))
        self._has_body = self._declared_bytes > 0 or b"transfer-encoding" in headers
        given = headers.get(b"x-request-id", b"")
        self._id = given.decode() if _REQUEST_ID.fullmatch(given) else str(new_id())
        self._state = self._scope.setdefault("state", {})
        self._state["request_id"] = self._id
        self._state[_IS_HEAD] = self._method == "HEAD"

    async def run(self) -> None:
        started = time.perf_counter()
        task = asyncio.current_task()
        assert task  # noqa: S101 - a coroutine runs in a task
        self._task = task
        try:
            with structlog.contextvars.bound_contextvars(request_id=self._id):
                await self._answer_in_time()
        finally:
            status = CLIENT_CLOSED if HUNG_UP in self._state else self._status
            note(self._scope, self._method, status, time.perf_counter() - started, self._metrics)

    async def _answer_in_time(self) -> None:
        if not self._has_body or self._method in _WITHOUT_BODY:
            self._set_deadline()
        try:
            await self._answer()
        except asyncio.CancelledError:
            if not self._overdue:
                raise
            self._task.uncancel()
        finally:
            if self._deadline:
                self._deadline.cancel()

    def _set_deadline(self) -> None:
        if self._deadline is None:
            loop = self._task.get_loop()
            self._state[_ANSWER_BY] = loop.time() + REQUEST_SECONDS
            self._deadline = loop.call_later(REQUEST_SECONDS, self._give_up)

    def _give_up(self) -> None:
        """Answer in place of the app, whose cancellation may take much longer; what it sends afterwards is dropped."""
        if self._status:
            return
        log.warning("request_overdue", method=self._method, route=route_of(self._scope))
        late = Unavailable(f"no answer within {REQUEST_SECONDS:.0f} s: it may or may not have been done; ask again")
        response = problem_response(late, self._base())
        response.headers["Connection"] = "close"
        self._late_answer = asyncio.ensure_future(response(self._scope, self._receive, self._send_with_id))
        self._late_answer.add_done_callback(lambda _: self._task.cancel())
        self._overdue = True

    async def _answer(self) -> None:
        try:
            self._refuse_unread()
            await self._app(self._scope, self._receive_counted, self._send_unless_overdue)
        except DomainError as error:
            await problem_response(error, self._base())(self._scope, self._receive, self._send_with_id)
            error.__traceback__ = None  # its frames hold the request, which holds the error
        except ClientDisconnect:
            return
        except Exception:
            log.exception("request_failed", method=self._method, route=route_of(self._scope))
            if self._status:
                raise
            await self._send_broken()

    def _refuse_unread(self) -> None:
        if REFUSAL in self._state:
            raise self._state[REFUSAL]
        if self._declared_bytes > MAX_BODY_BYTES:
            raise TooLarge(_TOO_LARGE)

    async def _receive_counted(self) -> Message:
        message = await self._receive()
        if REFUSAL in self._state and not self._status:
            raise self._state[REFUSAL]
        self._bytes += len(message.get("body", b""))
        if not message.get("more_body", False):
            self._set_deadline()
        if self._bytes > MAX_BODY_BYTES:
            raise TooLarge(_TOO_LARGE)
        return message

    async def _send_unless_overdue(self, message: Message) -> None:
        if not self._overdue:
            await self._send_with_id(message)

    async def _send_with_id(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = self._headers(message["headers"])
        elif self._method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    def _headers(self, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """With those of every answer. What is below /v1 is kept by no cache, unless the route says how."""
        headers = [*given, (b"x-request-id", self._id.encode()), _NO_SNIFFING]
        if self._scope["path"].startswith("/v1/") and not any(name == b"cache-control" for name, _ in given):
            headers.append(_NO_STORE)
        return headers

    def _base(self) -> str:
        return base_of(Request(self._scope))

    async def _send_broken(self) -> None:
        detail = f"This is a fault of the service. Quote the request id {self._id} when you report it."
        problem = problem_of(Internal(detail), self._base())
        headers = [(b"content-type", MEDIA_TYPE.encode())]
        await self._send_with_id({"type": "http.response.start", "status": 500, "headers": headers})
        await self._send_with_id({"type": "http.response.body", "body": problem.model_dump_json().encode()})


def seconds_left(request: Request) -> float:
    """Until the answer has to begin, of a request whose body was received."""
    answer_by: float = getattr(request.state, _ANSWER_BY)
    return answer_by - asyncio.get_running_loop().time()


def is_head(request: Request) -> bool:
    """Whether nobody waits for the body, of a route that would begin something for it."""
    return bool(getattr(request.state, _IS_HEAD))


def _declared_bytes(content_length: bytes) -> int:
    """What the header says; 0 where it says nothing that can be understood, since the body is counted anyway."""
    return int(content_length[:20]) if content_length.isdigit() else 0
