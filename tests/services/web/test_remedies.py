"""Every refusal of a field is in words of this project."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core._pydantic_core import list_all_errors
from pydantic_core.core_schema import ErrorType

from services.web.fields import Code, Day, Name, Text
from services.web.remedies import OWN_WORDS, REMEDIES, UNKNOWN, remedy_of

ALL: dict[str, Any] = {error["type"]: error for error in list_all_errors()}


class Body(BaseModel):
    """One field of each kind."""

    model_config = ConfigDict(extra="forbid", strict=True)

    number: Annotated[int, Field(ge=1, le=9)] = 1
    share: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 0.5
    yes: bool = True
    word: Literal["new", "renewal"] = "new"
    items: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    code: Code = "A"
    text: Text = "a"
    name: Name = "A"
    day: Day | None = None
    inner: dict[str, int] = {}


WRONG: list[tuple[str, Any]] = [
    ("number", 0),
    ("number", 10),
    ("number", "1"),
    ("number", 1.5),
    ("number", None),
    ("share", 0),
    ("share", 1),
    ("share", "x"),
    ("yes", "true"),
    ("word", "neu"),
    ("items", []),
    ("items", [1, 2, 3]),
    ("items", {}),
    ("code", ""),
    ("code", "ä"),
    ("code", "A" * 65),
    ("text", "a\nb"),
    ("text", 1),
    ("name", "123"),
    ("name", "Nguy\ufffdn"),
    ("day", "gestern"),
    ("inner", []),
    ("unknown", 1),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_no_sentence_of_pydantic_reaches_a_caller(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Body).validate_python({field: value})
    [error] = refused.value.errors()
    remedy = remedy_of(error["type"], error["msg"], error.get("ctx", {}))
    assert error["type"] in OWN_WORDS or remedy != error["msg"]
    assert remedy != UNKNOWN
    assert not remedy.startswith(("Input should", "Value error", "String should", "List should"))


@pytest.mark.parametrize("kind", sorted(get_args(ErrorType)))
def test_every_type_of_error_has_words(kind: str) -> None:
    context = ALL[kind].get("example_context") or {}
    assert remedy_of(kind, ALL[kind]["example_message_python"], context)


def test_no_words_are_there_for_what_pydantic_does_not_know() -> None:
    assert set(REMEDIES) <= set(get_args(ErrorType))
