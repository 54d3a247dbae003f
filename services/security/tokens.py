"""Secret keys and bearer tokens (JWT access tokens after RFC 9068, signed with Ed25519)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from services.context import Actor
from services.errors import Unauthenticated
from services.ids import new_id

ISSUER = "drive"
AUDIENCE = "drive"
_REMEMBERED_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token whose signature was checked. `expires_at` is in seconds since 1970 (RFC 7519, 4.1.4)."""

    actor: Actor
    expires_at: int


def _signing_key(secret: bytes) -> OKPKey:
    seed = HKDF(hashes.SHA256(), 32, salt=None, info=b"drive access tokens").derive(secret)
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
        if verified.expires_at <= now.timestamp():
            self._verified.pop(token, None)
            raise Unauthenticated("the token has expired: ask for a new one")
        return verified.actor

    def _remember(self, token: str, verified: _Verified) -> _Verified:
        """A signature does not change, so each process checks it once; expiry is looked at every time."""
        if len(self._verified) >= _REMEMBERED_TOKENS:
            self._verified.clear()
        self._verified[token] = verified
        return verified

    def _decode(self, token: str) -> _Verified:
        try:
            decoded = jwt.decode(token, self._key_set, algorithms=["Ed25519"])
            claims = decoded.claims
            if (decoded.header.get("typ"), claims.get("iss"), claims.get("aud")) != ("at+jwt", ISSUER, AUDIENCE):
                raise Unauthenticated("the token is not an access token for this service")
            return _Verified(_actor_of(claims), int(claims["exp"]))
        except (JoseError, ValueError, TypeError, AttributeError, LookupError) as error:
            # The parts of a token are whatever a caller sends, and not all are checked before they are used.
            reason = str(error).strip(" :").replace("_", " ")
            raise Unauthenticated(f"the token was not issued by this service: {reason}") from error


def _actor_of(claims: Mapping[str, Any]) -> Actor:
    name = claims.get("name")
    return Actor(
        organisation_code=str(claims["org"]),
        subject=str(claims.get("sub") or claims["client_id"]),
        scopes=frozenset(str(claims["scope"]).split()),
        name=str(name) if name else None,
    )
