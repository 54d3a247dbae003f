"""Which answers are tables, with the columns of each: found from the model of the answer.

An answer with a list `items` is one. Another says where its rows are: `TABLE_ROWS: ClassVar[str] = "points"`, the name
of a list of objects or of an object; or "", where the answer is the row, with the list of objects within it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

from pydantic import BaseModel

from services.files.columns import Cells, Column, Kind, Record, Shape, plain
from services.web.examples import example_of

_DECLARED: Final = "TABLE_ROWS"
IN_JSON_ALONE: Final = "x-in-json-alone"
"""In the schema of a field that tables leave out, such as a second list of objects: a row has one at most."""
_ITEMS: Final = "items"
_NEXT: Final = "next"
_UNNAMED: Final = frozenset({"scope"})
"""Objects whose fields say by themselves what they are: `unit_code`, as in the files that are taken in."""
_REF: Final = "#/$defs/{model}"
_FORMATS: Final[Mapping[str, Kind]] = {"date": "day", "date-time": "time"}
_TYPES: Final[Mapping[str, Kind]] = {"integer": "number", "number": "number", "boolean": "truth"}

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Where an answer has its rows, and their columns; `beside` are columns of the answer itself, and come first."""

    place: str
    beside: Shape
    shape: Shape

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """In the order in which cells stand."""
        return (*self.beside.all_columns, *self.shape.all_columns)

    def records(self, answer: Record) -> list[Record]:
        """The records of an answer."""
        found = answer[self.place] if self.place else answer
        return found if isinstance(found, list) else [found]

    def rows(self, answer: Record) -> Iterator[Cells]:
        """The rows of an answer."""
        [beside] = self.beside.rows(answer)
        for record in self.records(answer):
            yield from ([*beside, *cells] for cells in self.shape.rows(record))


@cache
def table_of(model: Any) -> Table | None:
    """The table that an answer of this model is, if it is one."""
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return None
    schema = model.model_json_schema(mode="serialization", by_alias=True, ref_template=_REF)
    definitions = schema.get("$defs", {})
    return _Reading(definitions).table(schema, getattr(model, _DECLARED, None))


class _Reading:
    """Of a schema with its definitions."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def table(self, answer: Schema, declared: str | None) -> Table | None:
        fields = self._resolved(answer).get("properties", {})
        if declared is None and self._object_in_list(fields.get(_ITEMS, {})) is None:
            return None
        place = _ITEMS if declared is None else declared
        if not place:
            return Table(place, Shape(()), self.shape(self._resolved(answer)))
        row = self._object_in_list(fields[place]) or self._resolved(fields[place])
        shape = self.shape(row)
        taken = {column.name for column in shape.all_columns}
        beside = [
            column
            for name, field in fields.items()
            if name not in (place, _NEXT) and not field.get(IN_JSON_ALONE)
            for column in self._columns(field, (name,))
            if column.name not in taken
        ]
        return Table(place, Shape(beside), shape)

    def shape(self, record: Schema) -> Shape:
        columns: list[Column] = []
        many: tuple[str, Schema] | None = None
        inner: str | None = None
        for name, field in record.get("properties", {}).items():
            one = self._object_in_list(field)
            if field.get(IN_JSON_ALONE):
                continue
            if one is None:
                columns += self._columns(field, (name,))
            elif one is record:
                inner = name
            else:
                assert many is None, f"{record.get('title')}: two lists of objects are no table"  # noqa: S101 - at start
                many = name, one
        if many is None:
            return Shape(columns, inner=inner)
        each = [
            Column(f"{many[0]}_{column.name}", column.kind, column.path, column.example)
            for name, field in many[1].get("properties", {}).items()
            for column in self._columns(field, (name,))
        ]
        return Shape(columns, many[0], each, inner)

    def _columns(self, field: Schema, path: tuple[str, ...]) -> Iterator[Column]:
        """Of a field; of an object those of its fields. Lists of objects have none."""
        schema = self._resolved(field)
        if "properties" in schema:
            for name, inner in schema["properties"].items():
                yield from self._columns(inner, (*path, name))
        elif self._object_in_list(field) is None:
            name = "_".join(part for part in path if part not in _UNNAMED)
            example = example_of(field, self._definitions)  # type: ignore[arg-type]  # it is only read
            yield Column(name, _kind_of(schema), path, plain(example))

    def _object_in_list(self, field: Schema) -> Schema | None:
        schema = self._resolved(field)
        one = self._resolved(schema.get("items", {})) if schema.get("type") == "array" else {}
        if "properties" in one:
            return one
        choices = [self._resolved(choice) for choice in one.get("anyOf", ())]
        if choices and all("properties" in choice for choice in choices):
            return {"properties": {name: said for each in choices for name, said in each["properties"].items()}}
        return None

    def _resolved(self, schema: Schema) -> Schema:
        """Without references, and without the null that an optional field may be."""
        if "$ref" in schema:
            return self._resolved(self._definitions[schema["$ref"].rpartition("/")[2]])
        choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
        return self._resolved(choices[0]) if len(choices) == 1 else schema


def _kind_of(schema: Schema) -> Kind:
    return _FORMATS.get(schema.get("format", "")) or _TYPES.get(schema.get("type", ""), "text")
