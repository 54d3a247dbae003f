"""A client of the public API over HTTP, for the demo, the benchmarks and the tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import groupby
from types import TracebackType
from typing import Any, Self

import aiohttp

from drive.client.events import Event, events_of
from drive.hosting.services import ServiceName
from services.waiting import poll

AT_ONCE = 32
_OF_STREAMS = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=20)
"""Longer than a server lets pass between two comments."""


class Refused(Exception):
    """An unexpected answer, with its status and body; `problem` is empty where that is no object."""

    def __init__(self, message: str, status: int = 200, content: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem: Mapping[str, Any] = content if isinstance(content, dict) else {}


class NotYet(Refused):
    """The service cannot take the request just now (`Retry-After`): the same request may be sent again."""


class Client:
    """One user: an organisation's token and the URLs of the services."""

    def __init__(self, urls: Mapping[ServiceName, str], token: str) -> None:
        self._urls = urls
        self.token = token

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self.token}"}
        self._http = aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=60))
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._http.close()

    async def send(
        self,
        method: str,
        service: ServiceName,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """The body of the answer. Raises Refused where it is an error, NotYet where that may pass."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._answer(method, service, path, json=body, headers=headers, params=params)

    @asynccontextmanager
    async def listen(
        self, service: ServiceName, path: str, params: Mapping[str, str], last_id: str
    ) -> AsyncIterator[AsyncIterator[Event]]:
        """The events of a stream, from the one after that id on. Raises Refused where it is not opened."""
        headers = {"Last-Event-ID": last_id} if last_id else {}
        url = self._urls[service] + path
        async with self._http.get(url, params=params, headers=headers, timeout=_OF_STREAMS) as answer:
            if answer.status != HTTPStatus.OK:
                content = await answer.json(content_type=None)
                raise Refused(f"GET {path}: {answer.status} {content}", answer.status, content)
            yield events_of(answer.content)

    async def send_csv(self, path: str, text: str) -> Any:
        """The same for a file of the registry."""
        headers = {"Content-Type": "text/csv"}
        return await self._answer("POST", "enrolment", path, data=text.encode(), headers=headers)

    async def _answer(self, method: str, service: ServiceName, path: str, **how: Any) -> Any:
        async with self._http.request(method, self._urls[service] + path, **how) as answer:
            content = await answer.json(content_type=None)
            if answer.status >= 400:
                kind = NotYet if "Retry-After" in answer.headers else Refused
                raise kind(f"{method} {path}: {answer.status} {content}", answer.status, content)
            return content

    async def send_until_taken(self, method: str, service: ServiceName, path: str, body: object) -> Any:
        """The same, repeated while the service cannot take it: for what names a unit that may still have to arrive.

        Raises Refused, and TimeoutError that names the last answer."""

        async def answer() -> Any:
            try:
                return await self.send(method, service, path, body)
            except NotYet as refusal:
                return refusal

        return await until(f"{method} {path}", answer, lambda seen: not isinstance(seen, NotYet))

    async def send_each(self, method: str, service: ServiceName, calls: Sequence[tuple[str, object]]) -> None:
        """Several calls, one after the other."""
        for path, body in calls:
            await self.send(method, service, path, body)

    async def sign_up_each(self, sign_ups: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Each by a request of its own, some at the same time, as collectors' telephones do; the members of a household
        one after the other."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def household(members: Sequence[Mapping[str, Any]]) -> list[Any]:
            async with gate:
                return [await self._sign_up(member) for member in members]

        households = [list(members) for _, members in groupby(sign_ups, key=lambda each: each["household"]["code"])]
        return [answer for answers in await asyncio.gather(*map(household, households)) for answer in answers]

    async def _sign_up(self, sign_up: Mapping[str, Any]) -> Any:
        key = f"demo-{sign_up['external_ref']}"
        return await self.send("POST", "enrolment", "/v1/enrolments", sign_up, key=key)

    async def sign_up_batch(self, sign_ups: Sequence[Mapping[str, Any]]) -> list[Any]:
        """All in one request. Raises Refused where an item is not taken."""
        answer = await self.send("POST", "enrolment", "/v1/enrolments/batch", {"items": sign_ups})
        if refused := [item for item in answer["items"] if item["status"] != 201]:
            raise Refused(f"{len(refused)} of {len(sign_ups)} sign-ups were not taken, the first: {refused[0]}")
        return list(answer["items"])


async def until(
    what: str, look: Callable[[], Awaitable[Any]], is_so: Callable[[Any], bool], *, seconds: float = 30.0
) -> Any:
    """Poll until the condition holds, and return the last result. Raises TimeoutError that names the last result."""
    seen: Any = None

    async def noted() -> Any:
        nonlocal seen
        seen = await look()
        return seen

    try:
        async with asyncio.timeout(seconds):
            return await poll(noted, is_so)
    except TimeoutError as error:
        raise TimeoutError(f"waited {seconds:.0f} s for {what}; last seen: {seen}") from error
