"""Why no session of PostgreSQL came about, in one line that names the server, the setting and the remedy."""

from __future__ import annotations

import asyncpg
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from services.servers import Server, address

_CONNECTION_LOST = "08"
_STARTS_OR_STOPS = frozenset({"57P01", "57P02", "57P03"})
_NO_DATABASE = "3D000"
_TOO_MANY = "53300"
_MAY_NOT_LOG_IN = "28"
"""The SQLSTATE class of wrong users and passwords, and of connections that pg_hba.conf does not allow."""


def postgresql_at(url: URL, setting: str) -> Server:
    """How messages name the server of the URL: by its hosts, or by the folder of its Unix socket."""
    hosts = url.query.get("host")
    if hosts:
        return Server("PostgreSQL", hosts if isinstance(hosts, str) else ", ".join(hosts), setting)
    return Server("PostgreSQL", address(url.host or "localhost", url.port or 5432), setting)


def driver_error(error: BaseException) -> BaseException:
    """The asyncpg error behind SQLAlchemy's two wrappers, or the error itself."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else None
    return cause or error


def sqlstate(error: BaseException | None) -> str:
    """Five characters, empty where PostgreSQL did not say any."""
    return str(getattr(error, "sqlstate", None) or "")


def constraint_of(error: BaseException) -> str | None:
    """The constraint or unique index that a statement would have violated, where that is why it failed."""
    return getattr(driver_error(error), "constraint_name", None)


def message_of(error: BaseException) -> str:
    """PostgreSQL's message; unlike its DETAIL it holds no values of a row."""
    return str(error.args[0]) if error.args else ""


def why_not_connected(server: Server, error: BaseException) -> str | None:
    """What to tell an operator; None where the error is about something other than connecting."""
    state = sqlstate(error)
    kind = f"({type(error).__name__}, SQLSTATE {state})"
    if not state:
        return _not_reached(server, error)
    if state[:2] == _MAY_NOT_LOG_IN:
        return (
            f"{server} refuses the login: {message_of(error)} {kind}; correct user, password or TLS in {server.setting}"
        )
    if state == _NO_DATABASE:
        return f"{server}: {message_of(error)} {kind}; run `drive migrate`, or correct {server.setting}"
    if state in _STARTS_OR_STOPS or state[:2] == _CONNECTION_LOST:
        return f"cannot reach {server} {kind}"
    if state == _TOO_MANY:
        return f"{server} has no connection left {kind}; see max_connections"
    return None


def _not_reached(server: Server, error: BaseException) -> str | None:
    if "rejected SSL upgrade" in str(error):
        return (
            f"cannot reach {server}: it offers no TLS, or is not PostgreSQL; correct the port or `sslmode` in"
            f" {server.setting}"
        )
    if isinstance(error, OSError | asyncpg.ClientConfigurationError):
        return server.unreachable(error)
    return None
