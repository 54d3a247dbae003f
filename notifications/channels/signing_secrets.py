"""The secrets of routes, sealed at rest as text: what webhooks are signed with, and addresses that hold secrets."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

from services.security.sealing import SecretBox, SecretLost

_PURPOSE: Final = "drive webhook secrets"
_PREFIX: Final = "v2."
_BEFORE: Final = "v1."
"""Of earlier versions; it holds no key id."""


class SigningSecrets:
    """Seals and opens the secrets of routes."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        self._box = SecretBox(secret_keys, _PURPOSE)

    def seal(self, secret: str, route_name: str) -> str:
        """The secret as it may be stored, of use for this route only."""
        sealed = self._box.seal(secret.encode(), _bound_to(route_name))
        return f"{_PREFIX}{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, route_name: str) -> str:
        """The secret. Raises SecretLost where no key fits, or the text belongs to another route."""
        raw = base64.urlsafe_b64decode(sealed[len(_PREFIX) :])
        open_raw = self._box.open_unnamed if sealed.startswith(_BEFORE) else self._box.open
        try:
            return open_raw(raw, _bound_to(route_name)).decode()
        except SecretLost:
            raise SecretLost(
                f"no key of DRIVE_SECRET_KEYS opens the secret of {route_name}: put the route anew, for a new secret"
            ) from None

    def is_current(self, sealed: str) -> bool:
        """Whether it was sealed with the first key."""
        return sealed.startswith(_PREFIX) and self._box.is_current(base64.urlsafe_b64decode(sealed[len(_PREFIX) :]))


def _bound_to(route_name: str) -> bytes:
    return f"routes|secret|{route_name}".encode()
