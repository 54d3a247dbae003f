"""Which network addresses may be called: the protection against SSRF. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address, which a gateway would call."""


def may_be_called(address: Address, allowed: Sequence[Network], *, public: bool = True) -> bool:
    """Whether the address is in an allowed network, or, with `public`, is a global unicast one."""
    target = _target_of(address)
    return is_allowed(target, allowed) or (public and _is_public(target))


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether the address is in one of the networks; an IPv4 address within an IPv6 one counts as itself."""
    target = _target_of(address)
    return any(target in network for network in allowed if network.version == target.version)


def _target_of(address: Address) -> Address:
    """The address that a gateway or the system would call."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
