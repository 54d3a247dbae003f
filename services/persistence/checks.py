"""CHECK constraints of table classes, under the names that PostgreSQL gives to those without one."""

from __future__ import annotations

from typing import Any, Final, get_args

from sqlalchemy import CheckConstraint

NAMING: Final = {"ck": "%(table_name)s_%(constraint_name)s_check"}
"""For the MetaData of a service: a check is named by what it is about. A name in `conv` is taken as it is."""


def one_of(column: str, vocabulary: Any) -> CheckConstraint:
    """The column holds one of the values of the Literal; NULL passes, as in every CHECK."""
    values = ", ".join(f"'{value}'" for value in get_args(vocabulary))
    return CheckConstraint(f"{column} IN ({values})", name=column)
