"""URLs of servers as settings hold them: which are taken, and a password that is given beside one."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

LAST_PORT: Final = 65535
_TLS_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_PARAMETERS: Final = frozenset({"ssl", "host", "port", "target_session_attrs", "prepared_statement_cache_size"})
"""What the driver takes, besides `sslmode`, as all other programs call its `ssl`."""


def postgresql_url(value: str) -> URL:
    """The URL for the driver. Raises ValueError, which does not repeat it: it may hold a password."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - only where there is one: it takes time
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - as above

    remedy = "give a URL such as postgresql://user:password@host:5432/name"
    if not value.startswith(("postgresql://", "postgres://", "postgresql+asyncpg://")):
        raise ValueError(remedy)
    try:
        url = make_url(value).set(drivername="postgresql+asyncpg")
    except (ArgumentError, ValueError):
        raise ValueError(remedy) from None  # the cause may hold the password
    if not 0 < (url.port or 1) <= LAST_PORT:
        raise ValueError(f"{remedy}; ports go up to {LAST_PORT}")
    if "@" in (url.host or ""):
        raise ValueError(f"{remedy}; a password with an @ in it belongs in DATABASE_PASSWORD")
    return _with_known_parameters(url)


def _with_known_parameters(url: URL) -> URL:
    query = dict(url.query)
    if mode := query.pop("sslmode", None):
        query["ssl"] = mode
    if query.get("ssl", "prefer") not in _TLS_MODES:
        raise ValueError(f"sslmode: give one of {', '.join(_TLS_MODES)}")
    if unknown := ", ".join(sorted(query.keys() - _PARAMETERS)):
        raise ValueError(
            f"{unknown}: give sslmode, host or target_session_attrs; for certificates set PGSSLROOTCERT, PGSSLCERT and"
            " PGSSLKEY"
        )
    return url.set(query=query)


def checked_server(value: str | None, schemes: Collection[str], example: str) -> str | None:
    """The URL of a server as it is. Raises ValueError unless it has one of the schemes and names a host."""
    if not value:
        return value
    try:
        parts = urlsplit(value)
        valid = parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"give a URL such as {example}")
    return value


def with_password(url: str, password: str | None) -> str:
    """The URL with this password, whatever signs it holds; one that it has itself stays."""
    parts = urlsplit(url)
    if not password or parts.password:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.rstrip(':')}:{quote(password, safe='')}@{host}"))
