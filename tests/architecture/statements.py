"""Finds every statement that the code holds as a constant, wherever in a module it stands."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.statements import Query

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]
_TABLE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE|USING|,)\s+"?([a-z_]+)"?')


@dataclass(frozen=True)
class Constant:
    """A statement, where it stands, and the names of what its rows are read into (None where it is no query)."""

    module: str
    name: str
    statement: Executable
    fields: tuple[str, ...] | None = None

    @property
    def sql(self) -> str:
        """As asyncpg sends it."""
        return str(self.statement.compile(dialect=_DIALECT))  # type: ignore[attr-defined]

    def tables_among(self, known: Set[str]) -> frozenset[str]:
        """Which of the known tables it reads or writes."""
        return frozenset(known & set(_TABLE.findall(self.sql)))

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


def constants_of(package: str) -> Iterator[Constant]:
    """The statements of every module of a package."""
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        module = importlib.import_module(found.name)
        own = set(re.findall(r"^(\w+)(?:: .+)? = ", inspect.getsource(module), re.MULTILINE))
        for name in sorted(own):
            for path, statement, row in _within(name, getattr(module, name, None)):
                yield Constant(found.name, path, statement, row)


def _within(path: str, value: object) -> Iterator[tuple[str, Executable, tuple[str, ...] | None]]:
    if isinstance(value, Query):
        yield path, value.statement, field_names(value)
    elif isinstance(value, Executable) and not isinstance(value, ColumnElement | ExecutableDDLElement):
        yield path, value, None
    else:
        for part, item in _parts(value):
            yield from _within(f"{path}{part}", item)


def _parts(value: object) -> Iterable[tuple[str, object]]:
    if isinstance(value, Mapping):
        return [(f"[{key}]", item) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [(f"[{place}]", item) for place, item in enumerate(value)]
    if is_dataclass(value) and not isinstance(value, type):
        names = (*(f.name for f in fields(value)), *_cached(type(value)))
        return [(f".{name}", getattr(value, name)) for name in names]
    return ()


def _cached(kind: type) -> list[str]:
    return [name for name, value in vars(kind).items() if isinstance(value, cached_property)]


def field_names(query: Query[Any]) -> tuple[str, ...] | None:
    """The names of the fields of a query's rows; None where a function reads them."""
    row: Any = query.row
    if is_dataclass(row):
        return tuple(field.name for field in fields(row))
    return getattr(row, "_fields", None)
