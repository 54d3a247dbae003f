"""Statements as constants: each with the type of its rows, so that what is read has names and types.

A test prepares every one of them on a migrated database, and compares its columns with the fields of its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Executable

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Query(Generic[T]):
    """`row` makes a row of the columns, in their order; mostly a NamedTuple whose fields bear the columns' names."""

    row: Callable[..., T]
    statement: Executable

    def read(self, columns: Any) -> T:
        """One row."""
        return self.row(*columns)
