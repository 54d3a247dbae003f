"""What an address must look like to be taken for a route."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from urllib.parse import urlsplit

from notifications.domain.addresses import Address, Network, is_allowed, may_be_called
from services.kernel import Invalid

MAX_URL = 2000
MAX_MAIL = 254
"""RFC 5321, 4.5.3.1.3, less the angle brackets."""

_MAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The host that a webhook is sent to, and whether it may be sent in the clear."""

    scheme: str
    host: str


def check_mail(address: str) -> None:
    """Raises Invalid unless this is a plain mail address, such as ops@example.org."""
    if len(address) > MAX_MAIL or not _MAIL.fullmatch(address) or "=?" in address:
        raise Invalid.field("/address", "give a plain mail address, such as ops@example.org")


def check_url(address: str, allowed: Sequence[Network]) -> Endpoint:
    """The endpoint of an https URL, or of an http one whose host still has to be looked up. Raises Invalid."""
    endpoint = _endpoint(address)
    literal = literal_address(endpoint.host)
    if literal:
        check_reachable(endpoint, [literal], allowed)
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


def _is_numeric(host: str) -> bool:
    """Whether the last label is a number, which look-ups take for an IPv4 address in some form (WHATWG URL, 3.5)."""
    last = host.rstrip(".").rpartition(".")[2]
    return bool(re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", last))


def _is_canonical(host: str) -> bool:
    """Whether it is an IPv4 address as everybody reads it."""
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _check_unambiguous(address: str, host: str, port: int | None) -> None:
    """Raises Invalid where what is called might differ from what was put."""
    if port == 0:
        raise Invalid.field("/address", "a URL must name a port from 1 to 65535, or none")
    if _is_numeric(host) and not _is_canonical(host):
        raise Invalid.field("/address", "an IPv4 address is written as four decimal numbers, such as 203.0.113.7")
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
    if parts.scheme not in ("https", "http") or not host:
        raise Invalid.field("/address", "give a URL that begins with https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise Invalid.field("/address", "a URL must hold no user name or password: the signature tells who is calling")
    _check_unambiguous(address, host, port)
    if parts.fragment:
        raise Invalid.field("/address", "a URL must hold no #fragment: it is never sent")
    return Endpoint(parts.scheme, host)
