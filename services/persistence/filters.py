"""Lists narrowed by what is given: one condition for each field of the filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Select

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Conditions: TypeAlias = Mapping[str, Callable[[Any], ColumnElement[bool]]]
S = TypeVar("S", bound=Select[Any])


def where_given(statement: S, conditions: Conditions, filters: DataclassInstance) -> S:
    """The statement with the condition of each field of `filters` that is not None.

    Raises KeyError for a field without a condition.
    """
    given = {name: value for name, value in asdict(filters).items() if value is not None}
    return statement.where(*(conditions[name](value) for name, value in given.items()))
