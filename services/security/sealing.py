"""Webhook secrets at rest: AES-256-GCM under a key derived from the secret keys, bound to their route."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_FORMAT = "v1"


class SecretLost(Exception):
    """None of the present keys opens a stored secret. Reported in the delivery's attempts."""


class SecretBox:
    """Seals with the first key and opens with any, so that keys can be rotated."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        derive = [HKDF(hashes.SHA256(), 32, salt=None, info=b"drive webhook secrets") for _ in secret_keys]
        self._ciphers = [AESGCM(hkdf.derive(key)) for hkdf, key in zip(derive, secret_keys, strict=True)]

    def seal(self, secret: str, route_name: str) -> str:
        """The secret as it may be stored, of use for this route only."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, secret.encode(), _bound_to(route_name))
        return f"{_FORMAT}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, route_name: str) -> str:
        """The secret. Raises SecretLost where no key fits, or the text belongs to another route."""
        raw = base64.urlsafe_b64decode(sealed.removeprefix(f"{_FORMAT}."))
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound_to(route_name)).decode()
            except InvalidTag:
                continue
        raise SecretLost(
            f"no key of DRIVE_SECRET_KEYS opens the secret of {route_name}: put the route anew, for a new secret"
        )


def _bound_to(route_name: str) -> bytes:
    return f"routes|secret|{route_name}".encode()
