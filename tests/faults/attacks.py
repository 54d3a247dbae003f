"""Clients that mean harm, or that lose their network: `python attacks.py NAME PORT HOW_MANY [TOKEN]`.

A program of its own on the standard library, so that what it costs is not taken for what the attacked process costs.
It comes from an address of its own, and prints what it was answered: each status, or how the connection ended, by
how often.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

ADDRESS = "127.0.0.2"
MIB = 1 << 20
_AT_ONCE = 4
_BIND_ADDRESS_NO_PORT = 24
"""The system chooses the port when it connects, from those that are free for that: see ip(7)."""
_RESET = struct.pack("ii", 1, 0)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Target:
    """What is attacked, and with which token."""

    def __init__(self, port: int, token: str = "") -> None:
        self._port = port
        self._token = token

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Streams]:
        """A connection that is reset when the block is left."""
        connection = socket.socket()
        connection.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        connection.bind((ADDRESS, 0))
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self._port))
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            yield reader, writer
        finally:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.close()

    def head(self, *headers: str, method: str = "POST", path: str = "/v1/units/import") -> bytes:
        """The head of a request."""
        named = ("Host: here", "Content-Type: application/json", "Idempotency-Key: a-key", *headers)
        if self._token:
            named += (f"Authorization: Bearer {self._token}",)
        return "\r\n".join((f"{method} {path} HTTP/1.1", *named, "", "")).encode()


async def answered(reader: asyncio.StreamReader) -> str:
    """The status of the answer, or how the connection ended instead."""
    try:
        line = await reader.readline()
    except OSError as error:
        return type(error).__name__
    return line.decode().split(" ")[1] if line.startswith(b"HTTP/1.1 ") else "closed"


async def sent(streams: Streams, data: bytes, times: int = 1) -> str:
    """The answer to data that is repeated; what comes before all is sent ends the sending."""
    reader, writer = streams
    answer = asyncio.ensure_future(answered(reader))
    try:
        for _ in range(times):
            if answer.done():
                break
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    return await answer


async def broken_off(target: Target) -> str:
    """An upload of 4 MiB whose last byte never comes."""
    async with target.connected() as (_, writer):
        writer.write(target.head(f"Content-Length: {4 * MIB}") + b" " * (4 * MIB - 1))
        await writer.drain()
        while writer.transport.get_write_buffer_size():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.001)
    return "broken off"


async def malformed(target: Target) -> str:
    """An upload of 4 MiB that is no JSON."""
    async with target.connected() as streams:
        return await sent(streams, target.head(f"Content-Length: {4 * MIB}") + b"[" * (4 * MIB))


async def too_large(target: Target) -> str:
    """An upload that becomes too large while it is read."""
    chunk = b"%x\r\n" % MIB + b" " * MIB + b"\r\n"
    async with target.connected() as streams:
        streams[1].write(target.head("Transfer-Encoding: chunked"))
        return await sent(streams, chunk, 6)


async def one_header(target: Target) -> str:
    """A header of 25 MiB."""
    async with target.connected() as streams:
        streams[1].write(b"GET /health/live HTTP/1.1\r\nHost: here\r\nX-Large: ")
        return await sent(streams, b"a" * MIB, 25)


async def many_headers(target: Target) -> str:
    """Headers of 25 MiB in sum."""
    async with target.connected() as streams:
        streams[1].write(b"GET /health/live HTTP/1.1\r\nHost: here\r\n")
        return await sent(streams, b"X-Many: a\r\n" * (MIB // 11), 25)


async def trailers(target: Target) -> str:
    """Trailers of 25 MiB behind a body of two bytes."""
    async with target.connected() as streams:
        streams[1].write(target.head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n")
        return await sent(streams, b"X-Many: a\r\n" * (MIB // 11), 25)


async def chunk_extensions(target: Target) -> str:
    """An extension of 25 MiB of the first chunk."""
    async with target.connected() as streams:
        streams[1].write(target.head("Transfer-Encoding: chunked") + b"2;a=")
        return await sent(streams, b"a" * MIB, 25)


async def without_token(target: Target) -> str:
    """An upload of 4 MiB by nobody."""
    async with target.connected() as streams:
        head = b"POST /v1/units/import HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % (4 * MIB)
        return await sent(streams, head + b" " * (4 * MIB))


async def hang_up(target: Target) -> str:
    """A request whose answer nobody waits for."""
    async with target.connected() as (_, writer):
        writer.write(target.head("Content-Length: 2") + b"{}")
        await asyncio.sleep(0)
    return "hung up"


async def pipelined(target: Target) -> str:
    """Very many requests in one piece, whose answers nobody reads."""
    async with target.connected() as (_, writer):
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n" * 20_000)
        await asyncio.sleep(1)
    return "hung up"


async def idle(target: Target) -> str:
    """A connection on which nothing is sent."""
    async with target.connected() as (reader, _):
        return await answered(reader)


async def _slowly(target: Target, beginning: bytes, piece: bytes) -> str:
    async with target.connected() as (reader, writer):
        writer.write(beginning)
        answer = asyncio.ensure_future(answered(reader))
        while not (await asyncio.wait([answer], timeout=0.5))[0]:
            writer.write(piece)
        return await answer


async def held_body(target: Target) -> str:
    """An upload of 4 MiB whose last byte never comes, on a connection that stays."""
    async with target.connected() as streams:
        return await sent(streams, target.head(f"Content-Length: {4 * MIB}") + b" " * (4 * MIB - 1))


async def slow_headers(target: Target) -> str:
    """A header every half second."""
    return await _slowly(target, b"GET /health/live HTTP/1.1\r\nHost: here\r\n", b"X-Slow: a\r\n")


async def slow_body(target: Target) -> str:
    """A byte of a body every half second."""
    return await _slowly(target, target.head(f"Content-Length: {MIB}"), b" ")


AT_ONCE: Mapping[str, Callable[[Target], Awaitable[str]]] = {
    each.__name__: each for each in (idle, held_body, slow_headers, slow_body)
}
"""Those that hold connections: all of them at the same time."""
IN_TURN: Mapping[str, Callable[[Target], Awaitable[str]]] = {
    each.__name__: each
    for each in (
        broken_off,
        malformed,
        too_large,
        one_header,
        many_headers,
        trailers,
        chunk_extensions,
        without_token,
        hang_up,
        pipelined,
    )
}
"""Those that send much: a few at a time."""


async def attack(name: str, target: Target, how_many: int) -> Counter[str]:
    """What was answered, by how often."""
    gate = asyncio.Semaphore(how_many if name in AT_ONCE else _AT_ONCE)
    once = {**AT_ONCE, **IN_TURN}[name]

    async def one() -> str:
        async with gate:
            try:
                return await once(target)
            except OSError as error:
                return type(error).__name__

    return Counter(await asyncio.gather(*(one() for _ in range(how_many))))


if __name__ == "__main__":
    os.nice(15)  # attackers have processors of their own
    _, what, where, times, *given = sys.argv
    print(json.dumps(asyncio.run(attack(what, Target(int(where), *given), int(times)))))
