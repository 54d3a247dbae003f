"""One server for all processes that use the same data dir: started by the first, stopped by the last."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy.engine import URL

from drive.hosting.embedded import postmaster
from drive.hosting.embedded.account import Account, account_for_server
from drive.hosting.embedded.folder import prepare, refuse_empty, server_folder
from drive.hosting.embedded.postmaster import Postmaster
from drive.hosting.embedded.refusal import elsewhere
from drive.hosting.embedded.sockets import is_socket_folder


@contextmanager
def embedded_postgres(data_dir: Path, *, make: bool = True) -> Iterator[URL]:
    """A PostgreSQL server over `data_dir`/postgres while the block runs. Raises Unusable, which is an OSError.

    Without `make` only one over databases that are there already.

    Who uses it holds a shared lock, which a process that is killed gives up, too.
    """
    data_dir = data_dir.expanduser().resolve()
    if not make:
        refuse_empty(data_dir)
    account = account_for_server()
    prepare(data_dir, account)
    with (data_dir / "postgres.lock").open("ab") as users:
        with _alone_at(data_dir):
            server = _joined(server_folder(data_dir), account, users)
        try:
            yield _url(server)
        finally:
            with _alone_at(data_dir):
                if _is_only_user(users):
                    postmaster.stop(server)


@contextmanager
def _alone_at(data_dir: Path) -> Iterator[None]:
    """Nobody else starts or stops the server meanwhile."""
    with (data_dir / "postgres.starting").open("ab") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def _joined(folder: Path, account: Account | None, users: IO[Any]) -> Postmaster:
    alone = _is_only_user(users)
    server = postmaster.found(folder)
    if server is None and not alone:  # its server is on another machine or in another container, or was killed
        raise elsewhere(folder, "is in use by another drive, whose PostgreSQL is not to be seen here", "stop that")
    if server and not is_socket_folder(server.sockets):
        raise elsewhere(folder, f"is in use by another PostgreSQL, process {server.pid}", "stop that")
    if not (folder / "PG_VERSION").exists():
        postmaster.initialise(folder, account)
    server = server or postmaster.start(folder, account)
    fcntl.flock(users, fcntl.LOCK_SH)
    return server


def _is_only_user(users: IO[Any]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _url(server: Postmaster) -> URL:
    return URL.create(
        "postgresql+asyncpg", "postgres", database="postgres", query={"host": str(server.sockets), "port": "5432"}
    )
