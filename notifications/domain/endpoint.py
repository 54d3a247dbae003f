"""Which URLs a route may have. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from notifications.domain.addresses import Address, Network, is_allowed, may_be_called
from services.errors import Invalid

MAX_URL = 2000
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,254}}$){_LABEL}(?:\.{_LABEL})*\.?")
"""RFC 1123, 2.1, and the underscore that names inside a network have."""
_LOOPBACK = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The host of a URL, and the scheme by which it is called."""

    scheme: str
    host: str


def check_url(address: str, allowed: Sequence[Network]) -> Endpoint:
    """The endpoint of an https URL, or of an http one whose host still has to be looked up. Raises Invalid."""
    endpoint = _endpoint(address)
    if known := _known_addresses(endpoint.host):
        check_reachable(endpoint, known, allowed)
    return endpoint


def check_reachable(endpoint: Endpoint, found: Sequence[Address], allowed: Sequence[Network]) -> None:
    """Raises Invalid unless the host's addresses may be called: https anywhere public, http only where allowed."""
    if endpoint.scheme == "http" and not (found and all(is_allowed(address, allowed) for address in found)):
        raise Invalid.field("/address", "http:// is for hosts within DRIVE_WEBHOOK_ALLOW only: give an https:// URL")
    if not any(may_be_called(address, allowed) for address in found):
        raise Invalid.field(
            "/address", "this is no public address: give one, or allow its network in DRIVE_WEBHOOK_ALLOW"
        )


def literal_address(host: str) -> Address | None:
    """The address that the host is, where it is not a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _known_addresses(host: str) -> Sequence[Address]:
    """The addresses that a host always has; none for a name that has to be looked up. RFC 6761, 6.3: localhost."""
    literal = literal_address(host)
    if literal:
        return [literal]
    return _LOOPBACK if host.rstrip(".").rpartition(".")[2] == "localhost" else ()


def _is_host(host: str) -> bool:
    """Whether every resolver takes it for the same host: a name, or an address without a zone."""
    return bool(_HOST_NAME.fullmatch(host)) or (":" in host and "%" not in host and literal_address(host) is not None)


def _is_numeric(host: str) -> bool:
    """Whether the last label is a number, which look-ups take for an IPv4 address in some form (WHATWG URL, 3.5)."""
    last = host.rstrip(".").rpartition(".")[2]
    return bool(re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", last))


def _is_canonical(host: str) -> bool:
    """Whether it is an IPv4 address in its usual form."""
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _check_unambiguous(address: str, host: str, port: int | None) -> None:
    """Raises Invalid where what is called might differ from what was put."""
    if not _is_host(host):
        raise Invalid.field("/address", "a URL must name a host, such as ops.example.org, or an address")
    if port == 0:
        raise Invalid.field("/address", "a URL must name a port from 1 to 65535, or none")
    if _is_numeric(host) and not _is_canonical(host):
        raise Invalid.field("/address", "an IPv4 address is written as four decimal numbers, such as 203.0.113.7")
    if "#" in address:
        raise Invalid.field("/address", "a URL must hold no #fragment: it is never sent")
    if address.endswith("?"):
        raise Invalid.field(
            "/address", "a URL must not end in ?: it is called without it, and a signature would differ"
        )


def _endpoint(address: str) -> Endpoint:
    if len(address) > MAX_URL or not _VISIBLE_ASCII.fullmatch(address):
        raise Invalid.field("/address", f"give a URL of visible ASCII characters, {MAX_URL} at most")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid.field("/address", f"this is not a URL: {error}") from error
    bracketed = "[" in parts.netloc and ":" not in (host or "")  # RFC 3986, 3.2.2: IPvFuture, which is not supported
    if parts.scheme not in ("https", "http") or not host or bracketed:
        raise Invalid.field("/address", "give a URL that begins with https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise Invalid.field("/address", "a URL must hold no user name or password: the signature says who is calling")
    _check_unambiguous(address, host, port)
    return Endpoint(parts.scheme, host)
