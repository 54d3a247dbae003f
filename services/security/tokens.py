"""Secret keys and bearer tokens (JWT access tokens after RFC 9068, signed with Ed25519)."""

from __future__ import annotations

from collections.abc import Sequence
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

from services.errors import Forbidden, Unauthenticated
from services.ids import new_id

SCOPES = frozenset(
    {
        "registry:write",
        "enrolments:write",
        "enrolments:read",
        "participants:read",
        "targets:write",
        "progress:read",
        "alerts:read",
        "alerts:write",
        "admin",
    }
)
ISSUER = "drive"
AUDIENCE = "drive"
_REMEMBERED_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: an organisation's client, and what it may do."""

    organisation_code: str
    scopes: frozenset[str]
    expires_at: int

    def require(self, scope: str) -> None:
        """Raises Forbidden unless the token grants the scope; `admin` grants all."""
        if scope not in self.scopes and "admin" not in self.scopes:
            raise Forbidden(f"this needs the scope {scope}; the token grants {' '.join(sorted(self.scopes)) or 'none'}")


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
        self._remembered: dict[str, Principal] = {}

    def issue(self, organisation_code: str, scopes: frozenset[str], now: datetime, lifetime: timedelta) -> str:
        """A token for the organisation. Raises ValueError for scopes that do not exist."""
        if unknown := scopes - SCOPES:
            raise ValueError(f"no such scope: {' '.join(sorted(unknown))}; there are {' '.join(sorted(SCOPES))}")
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": organisation_code,
            "client_id": organisation_code,
            "org": organisation_code,
            "scope": " ".join(sorted(scopes)),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": str(new_id()),
        }
        header = {"alg": "Ed25519", "typ": "at+jwt", "kid": self._keys[0].kid}
        return jwt.encode(header, claims, self._keys[0], algorithms=["Ed25519"])

    def verify(self, token: str, now: datetime) -> Principal:
        """Who the token speaks for. Raises Unauthenticated, saying why."""
        principal = self._remembered.get(token) or self._remember(token, self._decode(token))
        if principal.expires_at <= now.timestamp():
            self._remembered.pop(token, None)
            raise Unauthenticated("the token has expired: ask for a new one")
        return principal

    def _remember(self, token: str, principal: Principal) -> Principal:
        """A signature does not change, so each process checks it once; expiry is looked at every time."""
        if len(self._remembered) >= _REMEMBERED_TOKENS:
            self._remembered.clear()
        self._remembered[token] = principal
        return principal

    def _decode(self, token: str) -> Principal:
        try:
            decoded = jwt.decode(token, self._key_set, algorithms=["Ed25519"])
            claims = decoded.claims
            if (decoded.header.get("typ"), claims.get("iss"), claims.get("aud")) != ("at+jwt", ISSUER, AUDIENCE):
                raise Unauthenticated("the token is not an access token for this service")
            return Principal(str(claims["org"]), frozenset(str(claims["scope"]).split()), int(claims["exp"]))
        except (JoseError, ValueError, TypeError, AttributeError, LookupError) as error:
            # The parts of a token are whatever a caller makes them, and not all are told apart before they are used.
            raise Unauthenticated(f"the token is not one of ours: {error}") from error
