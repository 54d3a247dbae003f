"""Name look-ups that only ever answer with addresses that may be called.

aiohttp connects to the very addresses that its resolver returns, so there is no second look-up that could be answered
differently (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from notifications.domain.addresses import Address, Network, may_be_called


class AddressRefused(Exception):
    """A host has no address that may be called."""


async def look_up(host: str) -> list[Address]:
    """All addresses of the host; none where there is no such host."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


class GuardedResolver(AbstractResolver):
    """Looks a name up and drops what may not be called; `public`: whether the public Internet may be."""

    def __init__(self, allowed: Sequence[Network], *, public: bool) -> None:
        self._allowed = allowed
        self._public = public

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of the host that may be called. Raises AddressRefused where there are none but others."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        results = [_result(host, port, entry[0], str(entry[4][0])) for entry in found if "%" not in str(entry[4][0])]
        permitted = [result for result in results if self.permits(ip_address(result["host"]))]
        if not permitted:
            raise AddressRefused(f"{host} leads to no address that may be called")
        return permitted

    def permits(self, address: Address) -> bool:
        """Whether the address may be called. aiohttp asks no resolver about a host that is an address: ask this."""
        return may_be_called(address, self._allowed, public=self._public)

    async def close(self) -> None:
        """Do nothing: no connection is kept open."""


def _result(host: str, port: int, family: int, address: str) -> ResolveResult:
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
