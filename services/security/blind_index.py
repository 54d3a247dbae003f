"""Blind indexes: by which a value is found without being stored."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Final

from services.security.keys import derived_key, key_id_of

INDEX_BYTES: Final = 16
"""Of the 32: two of ten billion values are equal with a chance below 1 in 10^18."""


class BlindIndexes:
    """HMAC-SHA256 of a value in its normal form, under each present key: whoever has no key can neither compute nor
    guess one. `purpose` separates the keys of one use from those of another."""

    def __init__(self, secret_keys: Sequence[bytes], purpose: str) -> None:
        keys = [derived_key(secret, purpose) for secret in secret_keys]
        self._hashes = [hmac.new(key, digestmod="sha256") for key in keys]
        self.key_ids: Final = [key_id_of(key) for key in keys]
        """Of the present keys, in the order of the indexes of a value."""

    def of(self, kind: str, value: str) -> list[bytes]:
        """The indexes of a value, one for each key; those of two kinds are never equal."""
        message = f"{kind}|{value}".encode()
        return [_hashed(begun.copy(), message)[:INDEX_BYTES] for begun in self._hashes]


def _hashed(begun: hmac.HMAC, message: bytes) -> bytes:
    """Copied from one that knows the key, which takes half the time of beginning anew."""
    begun.update(message)
    return begun.digest()
