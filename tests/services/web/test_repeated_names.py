"""Repeated names are found wherever they stand, and no text is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json

from services.errors import Invalid
from services.web.json_body import parsed, validated
from services.web.repeated_names import may_repeat_names


class Inner(BaseModel):
    """Within another."""

    text: str | None = None
    more: list[int] = []


class Outer(BaseModel):
    """Has all that bodies have."""

    inner: Inner | None = None
    many: list[Inner] = []
    free: dict[str, Any] = {}
    text: str = "a default"


OUTER: TypeAdapter[Outer] = TypeAdapter(Outer)

texts = st.text(alphabet='ab":\\ ', max_size=6)
values = st.recursive(
    texts | st.integers(0, 9) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(texts, inner), max_size=3).map(tuple),
    max_leaves=12,
)
"""JSON values; a tuple of pairs is an object."""


def written(value: Any, colon: str) -> str:
    """The value as JSON, with its repeated names."""
    if isinstance(value, tuple):
        return "{" + ", ".join(f"{json.dumps(name)}{colon}{written(inner, colon)}" for name, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(inner, colon) for inner in value) + "]"
    return json.dumps(value)


def repeats(value: Any) -> bool:
    """Whether an object in it has a name twice."""
    if isinstance(value, tuple):
        names = [name for name, _ in value]
        return len(set(names)) < len(names) or any(repeats(inner) for _, inner in value)
    return isinstance(value, list) and any(map(repeats, value))


@given(values, st.sampled_from([":", ": ", " : ", "\n:"]))
def test_a_body_is_refused_where_a_name_is_repeated_and_only_there(value: Any, colon: str) -> None:
    raw = written(value, colon).encode()
    if repeats(value):
        with pytest.raises(Invalid, match="give it once"):
            parsed(raw)
    else:
        assert parsed(raw) == from_json(raw)


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b'{"text": "a", "text": "b"}', "/text"),
        (b'{"inner": {"text": "a:b", "text" : "c"}}', "/inner/text"),
        (b'{"many": [{}, {"more": [], "more": [1]}]}', "/many/1/more"),
        (b'{"free": {"a": {"b": 1, "b": 2}}}', "/free/a/b"),
        (b'{"inner": null, "inner": null}', "/inner"),
    ],
)
def test_a_repeated_name_is_found_within_models(raw: bytes, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        validated(raw, OUTER)
    assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"inner": {"text": "a"}, "many": [{"more": [1]}, {}], "free": {"a": [{"b": 1}]}}',
        b'{"text": "urn:a:b:c", "inner": {"text": "12:30"}}',
        b'{"text" :\n"no colon in it"}',
    ],
)
def test_bodies_as_people_write_them_are_not_read_twice(raw: bytes) -> None:
    assert not may_repeat_names(raw, validated(raw, OUTER))
    assert not may_repeat_names(raw, from_json(raw))
