"""Many rows in one statement: arrays go in as parameters, and `unnest` makes rows of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ARRAY, CollectionAggregate, Table, any_, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel


def unnest(name: str, ordinality: str | None = None, /, **types: TypeEngine[Any]) -> TableValuedAlias:
    """A table called `name`, one column for each of the types; each column is an array parameter of its name.

    `ordinality` names a further column with the number of each row, from 1.

    In an UPDATE it must not have the name of a column that is not set: SQLAlchemy would set that one, too.
    """
    arrays = [bindparam(parameter, type_=ARRAY(kind, dimensions=1)) for parameter, kind in types.items()]
    columns = [column(parameter, kind) for parameter, kind in types.items()]
    return func.unnest(*arrays).table_valued(*columns, with_ordinality=ordinality).render_derived(name=name)


def among(name: str, kind: TypeEngine[Any]) -> CollectionAggregate[Any]:
    """Any of the values of the array parameter `name`: `column == among("ids", Uuid())`."""
    return any_(bindparam(name, type_=ARRAY(kind)))


def insert_many(row: type[SQLModel], *names: str) -> Insert:
    """`INSERT … SELECT FROM unnest(…)` of these columns, all of them where none is named.

    The caller adds what happens on conflict, and what is returned; an array parameter is named after each column."""
    table = table_of(row)
    names = names or tuple(each.name for each in table.columns)
    source = unnest("new", **{name: table.c[name].type for name in names})
    return insert(table).from_select(names, select(*source.c))


def table_of(row: type[SQLModel]) -> Table:
    """The table that a class describes."""
    return row.metadata.tables[str(row.__tablename__)]


def columns_of(rows: Iterable[Mapping[str, Any]], *names: str) -> dict[str, list[Any]]:
    """The parameters of `unnest` for these rows; all of them have these names."""
    together = list(rows)
    return {name: [row[name] for row in together] for name in names or together[0]}
