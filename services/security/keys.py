"""Secret keys: of DRIVE_SECRET_KEYS, or generated once into the data folder."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.settings import Settings, secret_keys_in


class BadKeys(OSError):
    """The file of the keys holds something else."""


def load_secret_keys(settings: Settings) -> list[bytes]:
    """The keys of DRIVE_SECRET_KEYS (base64url, comma-separated, the first signs), else those of the data folder.

    Made there where there are none. Raises OSError.
    """
    if (keys := present_secret_keys(settings)) is None:
        _make(key_file(settings))
        keys = _read(key_file(settings))
    return keys


def present_secret_keys(settings: Settings) -> list[bytes] | None:
    """As above, but None where there are none. Raises OSError."""
    if settings.secret_keys:
        return secret_keys_in(settings.secret_keys)
    return _read(key_file(settings)) if key_file(settings).exists() else None


def text_of_keys(keys: Sequence[bytes]) -> str:
    """The keys as DRIVE_SECRET_KEYS has them."""
    return ",".join(base64.urlsafe_b64encode(key).decode() for key in keys)


def derived_key(secret: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose (HKDF, RFC 5869): it says nothing about the secret or about other purposes."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(secret)


def key_id_of(key: bytes) -> bytes:
    """By which a stored value names the derived key that it was made with: 8 bytes of its hash."""
    return sha256(key).digest()[:8]


def key_file(settings: Settings) -> Path:
    """Where the keys of the data folder are."""
    return settings.data_dir.expanduser().resolve() / "secret.keys"


def _read(path: Path) -> list[bytes]:
    try:
        return secret_keys_in(path.read_text())
    except ValueError as error:
        raise BadKeys(f"{path} holds no keys ({error}): put back what was there, or remove it for new keys") from error


def _make(path: Path) -> None:
    import structlog  # noqa: PLC0415 - loaded by who makes keys: `drive token` only reads them, and it takes time

    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(32))
        os.link(fresh, path)  # atomic: of two processes that start together, one makes the key and both read it
        structlog.get_logger(__name__).info("secret_keys_made", file=str(path))
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
