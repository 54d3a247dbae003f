"""The account that PostgreSQL runs as: ours, or one made for it where we are root, as which it refuses to run."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drive.hosting.embedded.refusal import Unusable

NAME: Final = "embedded_postgres"
_OPTIONS: Final = ("--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin")
INSTEAD: Final = "run drive as an ordinary user, or set DATABASE_URL to a PostgreSQL server"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine that is not root."""

    name: str
    uid: int
    gid: int


def account_for_server() -> Account | None:
    """None where PostgreSQL runs as whoever runs this. Raises Unusable where root has no account for it."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _made()
    return Account(NAME, entry.pw_uid, entry.pw_gid)


def _made() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if not useradd or subprocess.run([useradd, *_OPTIONS, NAME], check=False, capture_output=True).returncode:
        raise Unusable(f"PostgreSQL does not run as root, and the account {NAME} could not be made: {INSTEAD}")
    print(f"drive: made the account {NAME}, since PostgreSQL does not run as root", file=sys.stderr)
    return pwd.getpwnam(NAME)


def refuse_unreachable(account: Account, paths: Iterable[Path]) -> None:
    """Raises Unusable where a folder on the way to one of the paths is closed to the account. Opens none."""
    for path in paths:
        for folder in reversed(path.parents):
            if folder.exists() and not may_enter(folder.stat(), account):
                raise Unusable(
                    f"PostgreSQL does not run as root but as {account.name}, which may not enter {folder}, on the way"
                    f" to {path}: move the checkout or DRIVE_DATA_DIR to where it may, such as /srv; {INSTEAD}"
                )


def may_enter(folder: os.stat_result, account: Account) -> bool:
    """Whether the account may pass through the folder, by the folder's mode."""
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def name_of(uid: int) -> str:
    """The name of an account, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
