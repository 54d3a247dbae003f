"""What shows that a form was sent by the page that this browser was shown: a cookie, and its proof in the form."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from notifications.domain.answer_link import FormNotConfirmed
from services.security.keys import derived_key

_PURPOSE: Final = "drive answer forms"
_COOKIE: Final = re.compile(r"[A-Za-z0-9_-]{22}")


class FormProofs:
    """A cookie is a random number for one link, and the proof an HMAC of both: whoever follows the link without keeping
    cookies, such as a scanner of mails, cannot send the form, nor can a page elsewhere (SameSite=Strict)."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        self._keys = [derived_key(secret, _PURPOSE) for secret in secret_keys]

    def cookie(self, given: str | None) -> str:
        """The cookie that the browser has, or a new one."""
        return given if given and _COOKIE.fullmatch(given) else secrets.token_urlsafe(16)

    def proof(self, token: str, cookie: str) -> str:
        """What the form holds."""
        return _proof(self._keys[0], token, cookie)

    def check(self, token: str, cookie: str | None, proof: str) -> None:
        """Raises FormNotConfirmed."""
        if not cookie or not _COOKIE.fullmatch(cookie):
            raise FormNotConfirmed("the browser sent no cookie of this page")
        expected = [_proof(key, token, cookie) for key in self._keys]
        if not any(hmac.compare_digest(proof.encode(), each.encode()) for each in expected):
            raise FormNotConfirmed("the form is not the one that this browser was shown last")


def cookie_name(token: str) -> str:
    """Of its own for each link, so that several may be open in one browser."""
    return f"answer-{sha256(token.encode()).hexdigest()[:16]}"


def _proof(key: bytes, token: str, cookie: str) -> str:
    return hmac.new(key, f"{cookie}|{token}".encode(), sha256).hexdigest()
