"""Which network addresses may be called: what keeps a webhook from reaching into the house (SSRF)."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address, which a gateway would call."""


def may_be_called(address: Address, allowed: Sequence[Network], *, public: bool = True) -> bool:
    """Whether the address lies in an allowed network, or, where `public` ones are welcome, is a global unicast one."""
    meant = _meant_by(address)
    return is_allowed(meant, allowed) or (public and _is_public(meant))


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether the address lies in one of the networks; an IPv4 address in IPv6 clothes is the IPv4 address."""
    meant = _meant_by(address)
    return any(meant in network for network in allowed if network.version == meant.version)


def _meant_by(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
