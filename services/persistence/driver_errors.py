"""Classes of database errors: those that the data causes, and temporary ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.errors import NotMigrated, Unavailable
from services.persistence.connecting import constraint_of, driver_error, message_of, sqlstate, why_not_connected
from services.persistence.storage import DatabaseOutage
from services.servers import Server

log = structlog.get_logger(__name__)

FAULTS_OF_THE_DATA = frozenset({"22", "23"})
"""SQLSTATE classes (PostgreSQL, appendix A) that the values of a statement are to blame for: data exceptions and
integrity constraint violations. Every other error is temporary: the same statement may succeed later."""


_OF_THIS_TRY = frozenset({"55P03", "57014"})
"""lock_not_available and query_canceled: the session is as good as any other."""
_OVERTAKEN = "40"
"""SQLSTATE class of transactions that others have overtaken: deadlocks, serialization failures."""


_NOT_THERE = frozenset({"42P01", "42703", "42704", "42883", "3F000"})
"""undefined_table, undefined_column, undefined_object, undefined_function, invalid_schema_name."""

_NOT_REACHED = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What asyncpg raises before SQLAlchemy can wrap it: while it connects."""


class TookTooLong(Unavailable):
    """A statement exceeded its timeout: because of a temporary condition, or because the work itself takes too long."""


class Overtaken(Unavailable):
    """Another transaction was in the way of this one: a deadlock, a serialization failure. The same again may well get
    through."""


class StatementRefused(Exception):
    """PostgreSQL refused the values of a statement, and would refuse them at any time (SQLSTATE class 22 or 23).

    It says what was wrong and repeats no value: PostgreSQL's own message holds the row, and with it personal data.
    """

    def __init__(self, error: BaseException | None) -> None:
        constraint = constraint_of(error) if error else None
        super().__init__(
            f"{type(error).__name__}, SQLSTATE {sqlstate(error)}" + (f": {constraint}" if constraint else "")
        )


class ReadOnly(Unavailable):
    """The session cannot write: the server is a standby, or an administrator has said so."""


def may_be_fault_of_session(error: DBAPIError | ReadOnly) -> bool:
    """Whether a new connection may do better: settings such as default_transaction_read_only, search_path and limits
    are fixed for a session when it begins, and stay so after an administrator has changed them."""
    if isinstance(error, ReadOnly):
        return True
    state = sqlstate(driver_error(error))
    return not _is_fault_of_data(error) and state[:2] != _OVERTAKEN and state not in _OF_THIS_TRY


@contextmanager
def unavailable_when_away(server: Server, outage: DatabaseOutage) -> Iterator[None]:
    """Raise Unavailable for every database error that the data does not cause: it is temporary. Where others would meet
    it, too, it is part of an outage."""
    try:
        yield
    except PoolTimeout as error:
        raise _in(outage, Unavailable("every database connection is busy")) from error
    except DBAPIError as error:
        cause = driver_error(error)
        if _is_fault_of_data(error):
            raise StatementRefused(cause) from None
        if sqlstate(cause) in _OF_THIS_TRY or sqlstate(cause)[:2] == _OVERTAKEN:
            raise _refusal(server, cause) from error
        raise _in(outage, _away(server, cause), cause) from error
    except _NOT_REACHED as error:
        raise _in(outage, _away(server, error), error) from error


def _is_fault_of_data(error: DBAPIError) -> bool:
    return sqlstate(driver_error(error))[:2] in FAULTS_OF_THE_DATA


def _in(outage: DatabaseOutage, error: Unavailable, why: BaseException | None = None) -> Unavailable:
    state = sqlstate(why)
    outage.refused(error, sqlstate=state, message=message_of(why) if why and state else "")
    return error


def _refusal(server: Server, why: BaseException) -> Unavailable:
    """Of a statement that another try may well get through."""
    log.warning("database_refuses", sqlstate=sqlstate(why), error=type(why).__name__, message=message_of(why))
    if isinstance(why, asyncpg.QueryCanceledError):
        return TookTooLong("the database took too long")
    if sqlstate(why)[:2] == _OVERTAKEN:
        return Overtaken(f"other transactions were in the way ({type(why).__name__}): send this again")
    return _away(server, why)


def _away(server: Server, why: BaseException) -> Unavailable:
    """The kind of error lets an operator distinguish a wrong password from a full disk, and reveals no secret."""
    state = sqlstate(why)
    if state in _NOT_THERE:
        return NotMigrated(f"the database lacks what this version needs (SQLSTATE {state}): run `drive migrate`")
    kind = f"{type(why).__name__}, SQLSTATE {state}" if state else type(why).__name__
    return Unavailable(why_not_connected(server, why) or f"the database is away ({kind})")
