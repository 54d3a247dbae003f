"""Secret keys and bearer tokens (JWT access tokens after RFC 9068, signed with Ed25519)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from services.context import Actor
from services.errors import Unauthenticated
from services.ids import new_id
from services.security.claims import (
    begin_of,
    code_in,
    end_of,
    refuse_at_other_times,
    refuse_other_purpose,
    scopes_in,
    subject_of,
    text_in,
)
from services.security.keys import derived_key

ISSUER = "drive"
AUDIENCE = "drive"
LONGEST_TOKEN = 8192
REMEMBERED_BYTES = 16 * 1024 * 1024
"""What the tokens that were checked may take, by and large."""


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token whose signature was checked, and between which seconds it is good."""

    actor: Actor
    begin: float
    end: float


def _signing_key(secret: bytes) -> OKPKey:
    seed = derived_key(secret, "drive access tokens")
    pem = Ed25519PrivateKey.from_private_bytes(seed).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = OKPKey.import_key(pem)
    key.ensure_kid()
    return key


class Tokens:
    """The built-in issuer and verifier. Several keys verify, the first one signs, so that keys can be rotated."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        self._keys = [_signing_key(secret) for secret in secret_keys]
        self._key_set = KeySet(list(self._keys))
        self._verified: dict[str, _Verified] = {}
        self._remembered_bytes = 0

    def issue(
        self,
        organisation_code: str,
        scopes: frozenset[str],
        now: datetime,
        lifetime: timedelta,
        *,
        subject: str | None = None,
        name: str | None = None,
    ) -> str:
        """A token for the organisation, or for the person `subject` (RFC 9068, 2.2) of it, who is called `name` (OpenID
        Connect Core 1.0, 5.1)."""
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject or organisation_code,
            "client_id": organisation_code,
            "org": organisation_code,
            "scope": " ".join(sorted(scopes)),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": str(new_id()),
        }
        if name:
            claims["name"] = name
        header = {"alg": "Ed25519", "typ": "at+jwt", "kid": self._keys[0].kid}
        return jwt.encode(header, claims, self._keys[0], algorithms=["Ed25519"])

    def verify(self, token: str, now: datetime) -> Actor:
        """The client that the token was issued to. Raises Unauthenticated, saying why."""
        verified = self._verified.get(token) or self._remember(token, self._decode(token))
        refuse_at_other_times(verified.begin, verified.end, now)
        return verified.actor

    def _remember(self, token: str, verified: _Verified) -> _Verified:
        """A signature does not change, so each process checks it once; its time is looked at every time."""
        size = _bytes_of(token, verified.actor)
        if self._remembered_bytes + size > REMEMBERED_BYTES:
            self._verified.clear()
            self._remembered_bytes = 0
        self._verified[token] = verified
        self._remembered_bytes += size
        return verified

    def _decode(self, token: str) -> _Verified:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated(f"the token is too long: {LONGEST_TOKEN:,} characters at most are expected")
        try:
            decoded = jwt.decode(token, self._key_set, algorithms=["Ed25519"])
        except (JoseError, ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
            # The parts of a token are whatever a caller sends, and not all are checked before they are used.
            reason = str(error).strip(" :").replace("_", " ")
            raise Unauthenticated(f"the token was not issued by this service: {reason}") from error
        refuse_other_purpose(decoded.header, decoded.claims, ISSUER, AUDIENCE)
        return _Verified(_actor_of(decoded.claims), begin_of(decoded.claims), end_of(decoded.claims))


def _actor_of(claims: Mapping[str, Any]) -> Actor:
    return Actor(
        organisation_code=code_in(claims, "org"),
        subject=subject_of(claims),
        scopes=scopes_in(claims),
        name=text_in(claims, "name"),
    )


def _bytes_of(token: str, actor: Actor) -> int:
    """About what it takes to remember it."""
    return len(token) + 100 * len(actor.scopes) + 1000
