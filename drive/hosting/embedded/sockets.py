"""The folder of the server's Unix socket: apart from the data, whose path may be of any length and form."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from drive.hosting.embedded.account import Account, may_enter
from drive.hosting.embedded.refusal import Unusable

_PREFIX: Final = "drive-postgres-"
_SOCKET: Final = "12345678/.s.PGSQL.5432"
_LONGEST: Final = 103
"""Bytes that the path of a Unix socket may have: 103 on macOS, 107 on Linux."""


def make_socket_folder(account: Account | None) -> Path:
    """A short one, private to the server's account. Raises Unusable."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") if account is None else None
    for base in (runtime, tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp gives it a name of its own
        if base and _fits(Path(base), account):
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
            if account:
                os.chown(folder, account.uid, account.gid)
            return folder
    raise Unusable("no folder is short enough for the socket of PostgreSQL: set TMPDIR to one such as /tmp")


def _fits(base: Path, account: Account | None) -> bool:
    if (
        "," in str(base)
        or len(os.fsencode(base / f"{_PREFIX}{_SOCKET}")) > _LONGEST
        or not os.access(base, os.W_OK | os.X_OK)
    ):
        return False
    return account is None or all(may_enter(folder.stat(), account) for folder in (base, *base.parents))


def is_socket_folder(folder: Path) -> bool:
    """Whether it was made here."""
    return folder.name.startswith(_PREFIX)


def remove_socket_folder(folder: Path) -> None:
    """Of a server that has ended."""
    if is_socket_folder(folder):
        shutil.rmtree(folder, ignore_errors=True)
