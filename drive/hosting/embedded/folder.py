"""Whether a data dir can be used, found out before anything in it is changed."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Final

from drive.hosting.embedded import programs
from drive.hosting.embedded.account import Account, name_of, refuse_unreachable
from drive.hosting.embedded.refusal import Unusable, elsewhere

NEW_MB: Final = 100
"""Three empty databases take some 70 MB; those of the demo, 90."""
RUNNING_MB: Final = 20
"""A server that cannot write its log ends; a file of that has 16 MB."""


def server_folder(data_dir: Path) -> Path:
    """Where the server keeps its data."""
    return data_dir / "postgres"


def prepare(data_dir: Path, account: Account | None) -> None:
    """Make the data dir where it is missing. Raises Unusable where it cannot be used, and then changes nothing."""
    folder = server_folder(data_dir)
    try:
        base = _that_exists(data_dir)
        _refuse_unwritable(base)
        refuse_owner(base, base.stat().st_uid, os.geteuid())
        if folder.exists():
            _refuse_foreign(folder, account.uid if account else os.geteuid())
        refuse_full(base, shutil.disk_usage(base).free, RUNNING_MB if _is_filled(folder) else NEW_MB)
        if account:
            refuse_unreachable(account, [programs.BIN / "postgres", folder])
        data_dir.mkdir(parents=True, exist_ok=True)
    except Unusable:
        raise
    except OSError as error:
        raise elsewhere(data_dir, f"cannot be used ({error.strerror})") from error


def refuse_empty(data_dir: Path) -> None:
    """Raises Unusable where there are no databases yet."""
    if not _is_filled(server_folder(data_dir)):
        raise Unusable(
            f"no databases in {data_dir}: set DRIVE_DATA_DIR to the data dir of the services, or DATABASE_URL to their"
            " server"
        )


def _that_exists(data_dir: Path) -> Path:
    return next(path for path in (data_dir, *data_dir.parents) if path.exists())


def _refuse_unwritable(base: Path) -> None:
    if not base.is_dir():
        raise elsewhere(base, "is not a folder")
    if not os.access(base, os.W_OK | os.X_OK):
        raise elsewhere(base, "cannot be written to")


def refuse_owner(base: Path, owner: int, user: int) -> None:
    """Root must not take over what belongs to others. Raises Unusable."""
    if user == 0 and owner != 0:
        name = name_of(owner)
        raise elsewhere(base, f"belongs to {name}, and you are root", f"run drive as {name}")


def refuse_full(base: Path, free: int, megabytes: int) -> None:
    """Raises Unusable where fewer bytes are free than that."""
    if free < megabytes << 20:
        raise elsewhere(base, f"has {free >> 20} MB free, and {megabytes} MB are needed", "make room")


def _refuse_foreign(folder: Path, user: int) -> None:
    """Raises Unusable where the folder is not one that this server, run as `user`, has made."""
    if not folder.is_dir():
        raise elsewhere(folder, "is not a folder", "remove it")
    refuse_server_owner(folder, folder.stat().st_uid, user)
    if not _is_filled(folder):
        return
    try:
        version = (folder / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise elsewhere(folder, "holds files that are not PostgreSQL's") from None
    if version != programs.major_version():
        raise elsewhere(
            folder,
            f"was made by PostgreSQL {version}, and this is PostgreSQL {programs.major_version()}",
            "carry its databases over by pg_dump of that version",
        )


def refuse_server_owner(folder: Path, owner: int, user: int) -> None:
    """PostgreSQL takes only a folder of its own account, which no other account may read. Raises Unusable."""
    if owner != user:
        raise elsewhere(
            folder,
            f"belongs to {name_of(owner)}, and PostgreSQL runs as {name_of(user)} here",
            "remove it as its owner",
        )


def _is_filled(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def own(folder: Path, account: Account | None) -> Path:
    """Make a folder that only the server's account may enter."""
    folder.mkdir(mode=stat.S_IRWXU)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder
