"""What SQLAlchemy compiles is kept for the next test, as a service keeps it for the next request: a test has engines of
its own, which would compile every statement anew. That takes longer than running them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

_MOST = 2000


class _OfAllEngines(LRUCache[Any, Any]):
    """A cache of compiled statements. Engines with the same driver and version of PostgreSQL find the same ones."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_by_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_by_kind(key), compiled)


def _by_kind(key: Any) -> Any:
    """The key of SQLAlchemy begins with the dialect, an object that each engine has of its own."""
    dialect, *statement = key
    return (type(dialect), dialect.server_version_info, *statement)


def share_compiled_statements() -> None:
    """From now on, in this process."""
    compiled = _OfAllEngines(_MOST)

    @event.listens_for(Engine, "engine_connect")
    def use(connection: Connection) -> None:
        connection.execution_options(compiled_cache=compiled)
