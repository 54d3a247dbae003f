"""Tokens of links by which an alert is answered without an account: JWT (RFC 7519), signed with HMAC-SHA256.

They cannot be mistaken for access tokens, nor those for them: key, algorithm, `typ` and audience differ. The same link
has the same token in every attempt to send it.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from notifications.domain.answer_link import AnswerLink, LinkIsOver, NoSuchLink
from services.security.keys import derived_key, key_id_of

LONGEST_TOKEN: Final = 1000
_PURPOSE: Final = "drive answer links"
_TYPE: Final = "drive-answer+jwt"
_AUDIENCE: Final = "drive-answer"
_ALGORITHM: Final = "HS256"
_RECIPIENT_BYTES: Final = 16


class AnswerLinks:
    """Makes and reads them. The first key signs, any verifies, so that keys can be rotated."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        self._keys = {key_id_of(key).hex(): key for key in (derived_key(each, _PURPOSE) for each in secret_keys)}
        self._first = next(iter(self._keys))
        jwks = [OctKey.import_key(key, {"kid": kid, "alg": _ALGORITHM}) for kid, key in self._keys.items()]
        self._signing, self._key_set = jwks[0], KeySet(list(jwks))

    def token(self, alert_id: UUID, route_name: str, address: str, ends_at: datetime) -> str:
        """The token of a link in a message to that address; letters, digits, dots, hyphens and underscores, and it
        ends with a letter or digit, so that mail clients find its end."""
        claims = {
            "aud": _AUDIENCE,
            "sub": str(alert_id),
            "route": route_name,
            "to": self._recipient(self._first, route_name, address),
            "exp": int(ends_at.timestamp()),
        }
        header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": self._first}
        return jwt.encode(header, claims, self._signing, algorithms=[_ALGORITHM])

    def read(self, token: str, at: datetime) -> AnswerLink:
        """What the link says. Raises NoSuchLink, LinkIsOver."""
        link = self._read(token)
        if link.ends_at <= at:
            raise LinkIsOver(f"the link was good until {link.ends_at.isoformat(timespec='seconds')}")
        return link

    def is_for(self, link: AnswerLink, address: str) -> bool:
        """Whether the link was sent to this address of its route."""
        known = (self._recipient(kid, link.route_name, address) for kid in self._keys)
        return any(hmac.compare_digest(link.recipient, each) for each in known)

    def _read(self, token: str) -> AnswerLink:
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise NoSuchLink("this is no token of a link")
        try:
            decoded = jwt.decode(token, self._key_set, algorithms=[_ALGORITHM])
            return _link_of(decoded.header, decoded.claims)
        except (JoseError, ValueError, TypeError, AttributeError, LookupError, RecursionError, OverflowError) as error:
            # The parts of a token are whatever a caller sends, and not all are checked before they are used.
            raise NoSuchLink("the token of the link was not made by this service, or was changed") from error

    def _recipient(self, kid: str, route_name: str, address: str) -> str:
        """Keyed, so that a link says nothing of the address to whoever guesses it."""
        tag = hmac.new(self._keys[kid], f"{route_name}|{address}".encode(), sha256).digest()
        return urlsafe_b64encode(tag[:_RECIPIENT_BYTES]).decode().rstrip("=")


def _link_of(header: Mapping[str, Any], claims: Mapping[str, Any]) -> AnswerLink:
    if header.get("typ") != _TYPE or claims["aud"] != _AUDIENCE:
        raise ValueError("the token is for another purpose")
    route_name, recipient = claims["route"], claims["to"]
    if not isinstance(route_name, str) or not isinstance(recipient, str):
        raise TypeError("route and recipient are texts")
    return AnswerLink(UUID(claims["sub"]), route_name, recipient, datetime.fromtimestamp(claims["exp"], UTC))
