"""Bodies that cost a server more than they cost their sender, and whoever reads meanwhile."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from drive.hosting.services import ServiceName
from services.web.middleware import MAX_BODY_BYTES

MOST = MAX_BODY_BYTES - 200
RECORD, BATCH = "/v1/enrolments", "/v1/enrolments/batch"
SCHEME = b'"scheme":"household_health"'


@dataclass(frozen=True)
class Attack:
    """A request, and how it is answered. Its body is megabytes that take time to make: only who sends it makes it."""

    name: str
    body: Callable[[], bytes]
    status: int = 422
    path: str = RECORD
    service: ServiceName = "enrolment"
    method: str = "POST"
    longest_answer: int = 1 << 16

    def __str__(self) -> str:
        return f"{self.name} {self.method} {self.path[:40]}"


def many(make: Callable[[int], bytes], frame: bytes, most: int = MOST) -> bytes:
    """The frame, filled with as much of this as is read."""
    size, number, parts = len(frame), 0, []
    while size < most:
        parts.append(make(number))
        size += len(parts[-1]) + 1
        number += 1
    return frame.replace(b"*", b",".join(parts[:-1]))


def fields(number: int, name: bytes = b"k") -> bytes:
    """That many fields that do not exist."""
    return b",".join(b'"%b%d":1' % (name, n) for n in range(number))


def unknown(number: int) -> bytes:
    """One of them."""
    return b'"k%d":1' % number


def items(item: bytes, number: int = 1000) -> bytes:
    """A batch of them."""
    return b'{"items":[' + b",".join([item] * number) + b"]}"


ATTACKS = [
    Attack("unknown fields", lambda: many(unknown, b"{" + SCHEME + b",*}")),
    Attack("unknown fields within", lambda: many(unknown, b"{" + SCHEME + b',"participant":{*}}')),
    Attack("unknown fields, as many as are read", lambda: b"{" + SCHEME + b"," + fields(990) + b"}"),
    Attack("a batch of unknown fields", lambda: items(b"{" + SCHEME + b"," + fields(437) + b"}"), path=BATCH),
    Attack("an item of unknown fields", lambda: many(unknown, b'{"items":[{' + SCHEME + b",*}]}"), path=BATCH),
    Attack(
        "unknown fields in items, as many as are read",
        lambda: items(b"{" + SCHEME + b"," + fields(22, b"k" * 90) + b"}"),
        207,
        BATCH,
        longest_answer=1 << 20,
    ),
    Attack(
        "an item with all unknown fields", lambda: items(b"{" + SCHEME + b"," + fields(24_000) + b"}", 1), 207, BATCH
    ),
    Attack("items that are wrong everywhere", lambda: items(b"{" + SCHEME + b"}"), 207, BATCH, longest_answer=1 << 20),
    Attack("one name many times", lambda: many(lambda _: b'"a":1', b"{*}")),
    Attack("many names twice", lambda: many(lambda n: b'"%d":1' % (n // 2), b"{*}")),
    Attack(
        "names twice, as many as are read",
        lambda: b"{" + fields(499, b"k" * 2000) + b"," + fields(499, b"k" * 2000) + b"}",
    ),
    Attack("a list of numbers", lambda: many(lambda _: b"1", b'{"months":[*]}')),
    Attack("a list of objects", lambda: many(lambda _: b"{}", b"[*]")),
    Attack("a batch of nothing", lambda: many(lambda _: b"{}", b'{"items":[*]}'), path=BATCH),
    Attack("lists in lists", lambda: b"[" * (MOST // 2) + b"]" * (MOST // 2), 400),
    Attack("lists that do not end", lambda: b"[" * 100_000, 400),
    Attack("objects in objects", lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
    Attack("lists in lists, many times", lambda: many(lambda _: b"[" * 150 + b"]" * 150, b'{"items":[*]}'), path=BATCH),
    Attack("a long text", lambda: b"{" + SCHEME + b',"external_ref":"' + b"a" * (MOST - 100) + b'"}'),
    Attack("a long text of quotes", lambda: b"{" + SCHEME + b',"external_ref":"' + b'\\":' * (MOST // 3 - 99) + b'"}'),
    Attack("a long name", lambda: b"{" + SCHEME + b',"' + b"k" * (MOST - 100) + b'":1}'),
    Attack("a long number", lambda: b"{" + SCHEME + b',"months":' + b"1" * 1_000_000 + b"}", 400),
    Attack("a long fraction", lambda: b"{" + SCHEME + b',"months":0.' + b"1" * (MOST - 100) + b"}"),
    Attack("long numbers", lambda: many(lambda _: b"1" * 4299, b"{" + SCHEME + b',"months":[*]}')),
    Attack(
        "long numbers in a batch", lambda: items(b'{"months":' + b"1" * 4150 + b"}"), 207, BATCH, longest_answer=1 << 20
    ),
    Attack("empty lines", lambda: b"{" + SCHEME + b"\n" * (MOST - 100) + b"x", 400),
    Attack("no text", lambda: b"\xff" * MOST, 400),
    Attack("unknown fields", lambda: many(unknown, b"{*}"), path="/v1/units/38", method="PUT"),
    Attack("a list of numbers", lambda: many(lambda _: b"1", b'{"name":[*]}'), path="/v1/units/38", method="PUT"),
    Attack("unknown fields", lambda: many(unknown, b"{*}"), path="/v1/targets", service="targets"),
    Attack("unknown fields within", lambda: many(unknown, b'{"scope":{*}}'), path="/v1/targets", service="targets"),
    Attack(
        "a long text", lambda: b'{"name":"' + b" a" * (MOST // 2 - 99) + b'"}', path="/v1/targets", service="targets"
    ),
    Attack(
        "many parameters", lambda: b"", path="/v1/progress/units/1?" + "a=1&" * 15_000, service="targets", method="GET"
    ),
    Attack("many parameters", lambda: b"", path="/v1/targets?" + "a=1&" * 15_000, service="targets", method="GET"),
    Attack("a long code", lambda: b"", path="/v1/progress/units/" + "a" * 60_000, service="targets", method="GET"),
    Attack("unknown fields", lambda: many(unknown, b"{*}"), path="/v1/routes/a", service="notifications", method="PUT"),
    Attack(
        "a long address",
        lambda: b'{"channel":"webhook","address":"https://' + b"a." * (MOST // 2 - 99) + b'"}',
        path="/v1/routes/a",
        service="notifications",
        method="PUT",
    ),
]
READS: dict[ServiceName, str] = {
    "enrolment": "/v1/enrolments?limit=1",
    "targets": "/v1/targets?limit=1",
    "notifications": "/v1/alerts?limit=1",
}
"""What a bystander reads of each service: it asks the database."""


@dataclass(frozen=True)
class Seen:
    """The answer to an attack."""

    status: int
    body: bytes

    def problem(self) -> Any:
        """What it says."""
        return json.loads(self.body)


def send(base: str, token: str, attack: Attack, body: bytes) -> Seen:
    """Send it with its body, on a connection of its own, in the thread of the caller."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "k"}
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
    try:
        connection.request(attack.method, attack.path, body, headers)
        answer = connection.getresponse()
        return Seen(answer.status, answer.read())
    finally:
        connection.close()


async def read_while(url: str, token: str, work: asyncio.Future[Any]) -> list[float]:
    """How long each read of a bystander took, in seconds and in order of length, until the work is done."""
    taken: list[float] = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http_session:
        while not work.done() or not taken:
            began = time.perf_counter()
            async with http_session.get(url) as answer:
                assert answer.status == 200
                await answer.read()
            taken.append(time.perf_counter() - began)
    return sorted(taken)


async def attacked(
    addresses: dict[ServiceName, str], token: str, attack: Attack, *, clients: int, times: int
) -> tuple[list[Seen], list[float], list[float]]:
    """The answers to so many clients, each of which sends it so often, and how long reads took meanwhile.

    Once those of the attacked service, once those of another one, which are as slow as the machine is just then.
    """
    body = attack.body()
    other: ServiceName = "targets" if attack.service != "targets" else "enrolment"

    def client() -> list[Seen]:
        return [send(addresses[attack.service], token, attack, body) for _ in range(times)]

    work = asyncio.gather(*(asyncio.to_thread(client) for _ in range(clients)))
    taken, beside = await asyncio.gather(
        *(read_while(addresses[service] + READS[service], token, work) for service in (attack.service, other))
    )
    return [seen for answers in await work for seen in answers], taken, beside
