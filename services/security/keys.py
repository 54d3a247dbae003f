"""Secret keys: of DRIVE_SECRET_KEYS, or generated once into the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from services.settings import Settings, secret_keys_in


def load_secret_keys(settings: Settings) -> list[bytes]:
    """The keys of DRIVE_SECRET_KEYS (base64url, comma-separated, the first signs), else those of the data folder."""
    text = settings.secret_keys or _read_or_make(settings.data_dir / "secret.keys")
    return secret_keys_in(text)


def _read_or_make(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(32))
    try:
        os.link(fresh, path)  # atomic: of two processes that start together, one makes the key and both read it
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text().strip()
