"""What private servers need from the machine: a port, a folder, and a user that is not root."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - folders in it get names of their own
_ROOM = 3 << 30


def free_port() -> int:
    """A free TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, greeting: bytes = b"", host: str = "127.0.0.1") -> bool:
    """Whether a server listens, and where it is greeted, answers."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(greeting)
            return not greeting or bool(connection.recv(1))
    except OSError:
        return False


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Wait until no other process of this machine is in such a block. The lock's file goes with the last of them."""
    path = Path(tempfile.gettempdir()) / f"drive-test-{what}.lock"
    while True:
        with path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_still(path, lock.fileno()):
                continue
            try:
                yield
            finally:
                path.unlink()
            return


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the file that was waited for is not one that its last holder has removed."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def is_root() -> bool:
    """Whether this process may act as other users."""
    return os.geteuid() == 0


def ensure_user(name: str) -> str:
    """Make the system user where there is none. Needs root."""
    with one_at_a_time("useradd"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            subprocess.run(["useradd", "--system", "--shell", "/usr/sbin/nologin", name], check=True)
    return name


def in_memory() -> str | None:
    """Where files are kept in memory, if there is room: a database is copied there in a tenth of the time."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return str(_MEMORY) if roomy else None


def private_folder(owner: str | None) -> Path:
    """A fresh folder, given to `owner`; with a short path, since it may hold Unix sockets."""
    folder = Path(tempfile.mkdtemp(prefix="drive-test-", dir=in_memory()))
    if owner:
        entry = pwd.getpwnam(owner)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    return folder


def remove_folder(folder: Path) -> None:
    """Remove it and all that is in it; a server on its way out may still be tidying up the same files."""
    shutil.rmtree(folder, ignore_errors=True)


def let_others_reach(path: Path) -> None:
    """Let other users walk down to `path`: a server that is not root has to reach its own programs."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH | stat.S_IXGRP)
