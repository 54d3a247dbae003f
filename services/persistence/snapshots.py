"""Logs of changes that say in which transaction a row was written: what a snapshot did not see was committed later, in
whatever order the transactions began."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Text, cast, func
from sqlalchemy.types import UserDefinedType


class TransactionNumber(UserDefinedType[int]):
    """The number of a transaction, which never comes again."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """As PostgreSQL calls it."""
        return "xid8"


NOW: Final = (
    cast(func.pg_current_snapshot(), Text).label("snapshot"),
    func.pg_postmaster_start_time().label("server"),
    func.now().label("at"),
)
"""Which transactions were committed by `at`, on the server that was started at `server`."""
