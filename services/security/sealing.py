"""What is stored sealed: AES-256-GCM under keys derived from the secret keys, bound to the row that holds it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.security.keys import derived_key, key_id_of

_FORMAT: Final = b"\x02"
_KEY_ID: Final = slice(1, 9)
_NONCE: Final = slice(9, 21)
_NONCE_BYTES: Final = 12
_TEXT: Final = slice(21, None)


class SecretLost(Exception):
    """None of the present keys opens what is stored."""


class SecretBox:
    """Seals with the first key and opens with any, so that keys can be rotated.

    Sealed bytes are a format (1 byte), the id of the key (8), a random nonce (12), then the ciphertext with its tag
    (16). `purpose` separates the keys of one use from those of another.
    """

    def __init__(self, secret_keys: Sequence[bytes], purpose: str) -> None:
        keys = [derived_key(secret, purpose) for secret in secret_keys]
        self.key_ids: Final = [key_id_of(key) for key in keys]
        """Of the present keys; what is sealed now bears the first."""
        self._ciphers = {key_id: AESGCM(key) for key_id, key in zip(self.key_ids, keys, strict=True)}
        self._first = self._ciphers[self.key_ids[0]]
        self.prefix: Final = _FORMAT + self.key_ids[0]
        """With which all begins that the first key has sealed."""

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """The bytes as they may be stored; they open only with the same `bound_to`: table, column and id of the row."""
        nonce = os.urandom(_NONCE_BYTES)
        return self.prefix + nonce + self._first.encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """The plain bytes. Raises SecretLost where no key fits, or they belong elsewhere."""
        cipher = self._ciphers.get(sealed[_KEY_ID]) if sealed.startswith(_FORMAT) else None
        if cipher is None:
            raise SecretLost("the key that this was sealed with is not among DRIVE_SECRET_KEYS: put it back")
        try:
            return cipher.decrypt(sealed[_NONCE], sealed[_TEXT], bound_to)
        except InvalidTag:
            raise SecretLost("what is stored was not sealed for this row: it was changed, or moved here") from None

    def open_unnamed(self, raw: bytes, bound_to: bytes) -> bytes:
        """The same of a nonce and a ciphertext alone, which earlier versions stored: every key is tried."""
        for cipher in self._ciphers.values():
            try:
                return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound_to)
            except InvalidTag:
                continue
        raise SecretLost("no key of DRIVE_SECRET_KEYS opens what is stored")

    def has_key_of(self, sealed: bytes) -> bool:
        """Whether the key that it was sealed with is present."""
        return sealed.startswith(_FORMAT) and sealed[_KEY_ID] in self._ciphers

    def is_current(self, sealed: bytes) -> bool:
        """Whether it was sealed with the first key."""
        return sealed.startswith(self.prefix)
