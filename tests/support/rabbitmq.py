"""Real RabbitMQ for tests: virtual hosts on the broker that is there, or on a private node."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from urllib.parse import quote, urlsplit

import aio_pika
from aio_pika.exceptions import AMQPError

from services.contracts.subscriptions import EXCHANGE, SUBSCRIPTIONS
from services.messaging.topology import DEAD_EXCHANGE
from tests.support.processes import answers, one_at_a_time
from tests.support.rabbitmq_node import GREETING, a_private_node, control

_VHOSTS_AT_ONCE = 8


class Vhosts:
    """Virtual hosts of a broker whose `rabbitmqctl` we may use: made some at a time, since each command starts a VM.

    Those that were used are deleted with the same command: each takes some of the broker's file handles, and a broker
    that has none left answers nobody any more.
    """

    def __init__(self, url: str, run: Callable[..., object]) -> None:
        self._url = url
        self._run = run
        self._numbers = count(1)
        self._made: list[str] = []
        self._unused: list[str] = []

    def fresh(self) -> str:
        """The AMQP URL of an empty virtual host; whoever was given one before needs it no more."""
        if not self._unused:
            self._make([f"drive-test-{os.getpid()}-{next(self._numbers)}" for _ in range(_VHOSTS_AT_ONCE)])
        return urlsplit(self._url)._replace(path="/" + quote(self._unused.pop(0), safe="")).geturl()

    def _make(self, names: list[str]) -> None:
        user = urlsplit(self._url).username or "guest"
        used, self._made = self._made, self._made + names
        self._eval(
            f'{_deletion(used)}, [begin rabbit_vhost:add(V, <<"test">>), rabbit_auth_backend_internal:set_permissions('
            f'<<"{user}">>, V, <<".*">>, <<".*">>, <<".*">>, <<"test">>) end || V <- {_binaries(names)}].'
        )
        self._made, self._unused = names, list(names)

    def remove(self) -> None:
        """Delete those that were made, with all that is in them."""
        if self._made:
            self._eval(f"{_deletion(self._made)}.")
            self._made, self._unused = [], []

    def _eval(self, erlang: str) -> None:
        """One at a time on this machine: each command takes a port of a few, and vhosts are made one after another."""
        with one_at_a_time("rabbitmqctl"):
            self._run("eval", erlang)


def _deletion(names: Sequence[str]) -> str:
    return f'[rabbit_vhost:delete(V, <<"test">>) || V <- {_binaries(names)}, rabbit_vhost:exists(V)]'


def _binaries(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'<<"{name}">>' for name in names) + "]"


class SharedVhost:
    """The one virtual host of a broker without `rabbitmqctl`: queues of earlier tests are deleted before each use."""

    def __init__(self, url: str) -> None:
        self._url = url

    def fresh(self) -> str:
        """The URL as it was given."""
        _apart(_empty(self._url))
        return self._url

    def remove(self) -> None:
        """Delete the queues and exchanges of the tests."""
        _apart(_empty(self._url))


async def _empty(url: str) -> None:
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel()
        for name in (DEAD_EXCHANGE, *(f"drive.{queue}" for queue in SUBSCRIPTIONS)):
            await channel.queue_delete(name)
        for name in (EXCHANGE, DEAD_EXCHANGE):
            await channel.exchange_delete(name)


def _apart(work: Coroutine[None, None, None]) -> None:
    """Run it on a loop of its own: the tests' loop may be the one that waits for us."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


@contextmanager
def a_broker(given_url: str | None) -> Iterator[Vhosts | SharedVhost]:
    """The broker of AMQP_URL, else the one on localhost:5672, else a private node, installed first where we may."""
    if given_url:
        hosts: Vhosts | SharedVhost = _on_machine(given_url) or SharedVhost(given_url)
    elif answers(5672, GREETING) and (found := _on_machine("amqp://guest:guest@127.0.0.1:5672/")):
        hosts = found
    else:
        with a_private_node() as node:
            yield Vhosts(node.url, node.control)
        return
    try:
        yield hosts
    finally:
        hosts.remove()


def _on_machine(url: str) -> Vhosts | None:
    """The broker's virtual hosts, where rabbitmqctl of this machine rules the very broker behind the URL."""
    program = shutil.which("rabbitmqctl")
    if not program or urlsplit(url).hostname not in {"localhost", "127.0.0.1", "::1"}:
        return None
    hosts = Vhosts(url, lambda *arguments: control([program, *arguments], timeout=60))
    try:
        _apart(_connect(hosts.fresh()))
    except (subprocess.SubprocessError, OSError, AMQPError):
        with suppress(subprocess.SubprocessError):
            hosts.remove()
        return None
    return hosts


async def _connect(url: str) -> None:
    await (await aio_pika.connect(url, timeout=10)).close()
