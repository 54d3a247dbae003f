"""User name and password in the address of an Alertmanager: HTTP Basic authentication (RFC 7617). Pure."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from services.errors import Invalid

_PART: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
_GIVEN: Final = re.compile(rf"({_PART}):({_PART})")
"""RFC 3986, 3.2.1: other signs are percent-encoded."""
_REMEDY: Final = (
    "give user name and password as https://USER:PASSWORD@HOST, other signs than letters, digits, - . _ and ~"
    " percent-encoded, such as %40 for @; a user name has no colon (RFC 7617)"
)


@dataclass(frozen=True, slots=True)
class Target:
    """An address without its user name and password, and what the header Authorization says of these."""

    address: str
    authorization: str | None = None


def target_of(address: str) -> Target:
    """Raises Invalid where user name and password are not whole; what it says repeats neither."""
    scheme, separator, rest = address.partition("://")
    end = next((place for place, sign in enumerate(rest) if sign in "/?#"), len(rest))
    given, at, host = rest[:end].rpartition("@")
    if not at:
        return Target(address)
    bare = f"{scheme}{separator}{host}{rest[end:]}"
    return Target(bare, f"Basic {b64encode(_decoded(given)).decode()}")


def shown(address: str) -> str | None:
    """The address without them; None where it has none."""
    target = target_of(address)
    return target.address if target.authorization else None


def _decoded(given: str) -> bytes:
    found = _GIVEN.fullmatch(given)
    try:
        user, password = (unquote(part, errors="strict") for part in found.groups()) if found else ("", "")
    except UnicodeDecodeError:
        user = password = ""
    if not user or ":" in user or not (user + password).isprintable():
        raise Invalid.field("/address", _REMEDY)
    return f"{user}:{password}".encode()
