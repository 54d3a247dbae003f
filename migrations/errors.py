"""Why a migration could not be run, each in one line for whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError

from services.errors import DomainError
from services.persistence.connecting import driver_error, message_of, sqlstate, why_not_connected
from services.servers import Server

_NOT_ALLOWED = "42501"
_PASSES = frozenset({"08", "57", "53"})
"""SQLSTATE classes that end by themselves: connections that are lost, a server that stops or starts, or has no room."""
_FROM_THE_SERVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


class NotRun(DomainError):
    """It cannot be run until a person has removed the cause."""


class Away(NotRun):
    """The server cannot be reached now; it may come up."""


class UnknownRevision(NotRun):
    """The database is at a revision that this version does not have."""


@contextmanager
def in_one_line(server: Server) -> Iterator[None]:
    """Raise NotRun instead of what the driver raises, where the cause is outside of the migrations themselves."""
    try:
        yield
    except (DBAPIError, *_FROM_THE_SERVER) as error:
        cause = driver_error(error)
        if told := why_not_connected(server, cause):
            raise (Away if _may_pass(cause) else NotRun)(told) from error
        if sqlstate(cause) == _NOT_ALLOWED:
            told = f"{server}: {message_of(cause)}; {server.setting} must name a role that may (docs/upgrade.md)"
            raise NotRun(told) from error
        raise


def _may_pass(cause: BaseException) -> bool:
    if state := sqlstate(cause):
        return state[:2] in _PASSES
    return isinstance(cause, OSError) and (cause.errno is not None or isinstance(cause, TimeoutError))


def unknown(database: str | None, found: str, newest: str, setting: str) -> UnknownRevision:
    """The error of a revision that the history of this version does not have."""
    service = newest.rpartition("_")[0]
    remedy = (
        "it was migrated by a newer version; do not migrate, this version runs on it if /health/ready says so"
        if found.startswith(f"{service}_") and found > newest
        else f"correct {setting}, or restore the database from a backup"
    )
    return UnknownRevision(
        f"the database {database} is at {found}, which this version does not know (its newest is {newest}): {remedy}"
    )
