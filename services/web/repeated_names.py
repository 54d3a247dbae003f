"""Names that an object of a JSON body has more than once: readers of JSON keep one of them and drop the others."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from services.errors import FieldError, Invalid
from services.web.field_errors import pointer_to, refusal

_REMEDY: Final = "this name is given more than once in its object: give it once"
_SINGLE: Final = frozenset({str, int, float, bool, type(None), date, UUID})
"""Types of values that have no names within."""
_BLANK_BEFORE_COLON: Final = re.compile(rb'"[ \t\n\r]+:')


_Place: TypeAlias = tuple[str | int, ...]


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written: its names and values, repeated ones among them."""


def refuse_repeated_names(raw: bytes, parsed: object) -> None:
    """Raises Invalid, naming each; `parsed` is what was read from `raw`, which is valid JSON."""
    if may_repeat_names(raw, parsed):
        refuse_names_repeated_in(raw)


def may_repeat_names(raw: bytes, parsed: object) -> bool:
    """Whether it is worth looking. Where it is False, no name is repeated.

    A name is followed by a colon. Are there no more colons than names were kept, then none was dropped. Texts may hold
    further colons; one right after a quote is most likely that of a name.
    """
    if raw.count(b":") == (kept := _names_in(parsed)):
        return False
    return raw.count(b'":') > kept or _BLANK_BEFORE_COLON.search(raw) is not None


def _names_in(value: Any) -> int:
    """How many names were given in all objects of a value, each counted once an object."""
    kind: type = type(value)
    if kind is list:
        return sum(map(_names_in, value))
    if kind is dict:
        return len(value) + sum(map(_names_in, value.values()))
    nesting = _nesting(kind)
    if nesting is None:
        return 0
    given, fields = value.__pydantic_fields_set__, value.__dict__
    count = len(given)
    for name in nesting:
        if name in given:
            count += _names_in(fields[name])
    return count


@cache
def _nesting(kind: type) -> tuple[str, ...] | None:
    """The fields of a model that may have names within; None of what is no model."""
    if not issubclass(kind, BaseModel):
        return None
    return tuple(name for name, field in kind.model_fields.items() if not _is_single(field.annotation))


def _is_single(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _is_single(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return all(map(_is_single, get_args(annotation)))
    return get_origin(annotation) is Literal or annotation in _SINGLE


def refuse_names_repeated_in(raw: bytes) -> None:
    """As above, for whoever knows that it is worth looking."""
    written = json.loads(raw, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)
    repeated = list(dict.fromkeys(_repeated(written, ())))
    if repeated:
        raise refusal(Invalid, repeated, lambda place: FieldError(pointer_to(place), _REMEDY))


def _repeated(value: object, place: _Place) -> Iterator[_Place]:
    if isinstance(value, _Pairs):
        counts = Counter(name for name, _ in value)
        yield from ((*place, name) for name, count in counts.items() if count > 1)
    if isinstance(value, list):
        for name, inner in value if isinstance(value, _Pairs) else enumerate(value):
            yield from _repeated(inner, (*place, name))
