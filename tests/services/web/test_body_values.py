"""Values are counted before they are made, and what is in a text is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import DomainError, FieldError, Invalid, Malformed
from services.web.body_values import MOST_VALUES, has_more_values
from services.web.field_errors import LONGEST_POINTER, MOST_ERRORS, pointer_to, refusal, shortened
from services.web.json_body import refuse_too_many_values
from services.web.problems import problem_of
from tests.support.cost import least_seconds

SIGNS = st.text(alphabet='ab,[]{}:\\" é', max_size=8)
VALUES = st.recursive(
    SIGNS | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SIGNS, inner, max_size=4),
    max_leaves=30,
)


def values_in(value: Any) -> int:
    """How many there are, itself among them."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(values_in, inner))


@given(VALUES, st.booleans())
def test_a_body_has_as_many_values_as_are_counted(value: Any, ascii_only: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    number = values_in(value)
    assert not has_more_values(raw, number)
    assert has_more_values(raw, number - 1) or number == 1


@pytest.mark.parametrize("number", [MOST_VALUES - 1, MOST_VALUES])
def test_a_body_with_as_many_values_as_may_be_is_read_and_one_more_is_refused(number: int) -> None:
    raw = json.dumps([","] * number).encode()
    if number < MOST_VALUES:
        refuse_too_many_values(raw)
        return
    with pytest.raises(Invalid, match="more than 1,000 values"):
        refuse_too_many_values(raw)


@pytest.mark.parametrize("raw", [b"," * 9999, b"[" * 201 + b"]," * 9999, b'{"a":1,,' + b"1," * 9999])
def test_what_is_no_json_from_the_beginning_is_called_so_however_long_it_is(raw: bytes) -> None:
    with pytest.raises(Malformed, match="line 1, column"):
        refuse_too_many_values(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":"' + b'\\",' * 1_300_000 + b'"}',
        b'"' * 4_000_000,
        b"\\" * 4_000_000,
        b'{"k":1,' * 600_000,
        b"[]," * 10**6,
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_to_count_costs_little_whatever_is_counted(raw: bytes) -> None:
    assert least_seconds(lambda: has_more_values(raw, MOST_VALUES)) < 0.2


def errors_of(error: DomainError) -> list[str]:
    """What is answered of each field."""
    return [each.detail for each in problem_of(error, "").errors]


@pytest.mark.parametrize("number", [1, MOST_ERRORS, MOST_ERRORS + 1, 381_000])
def test_twenty_errors_are_named_and_the_others_are_counted(number: int) -> None:
    found = range(number)
    error = refusal(Invalid, found, lambda n: FieldError(f"/{n}", "wrong"))
    said = errors_of(error)
    assert said[:MOST_ERRORS] == ["wrong"] * min(number, MOST_ERRORS)
    assert said[MOST_ERRORS:] == ([f"and {number - MOST_ERRORS:,} more"] if number > MOST_ERRORS else [])
    assert error.detail.endswith("wrong" if number <= 5 else f"and {number - 5:,} more")


def test_errors_that_are_left_out_in_two_steps_are_counted_once() -> None:
    error = refusal(Invalid, range(100), lambda n: FieldError(f"/{n}", "wrong"))
    assert [each.detail for each in shortened(error.errors, 1)] == ["wrong", "and 99 more"]


def test_an_error_of_the_domain_about_many_fields_is_shortened_as_well() -> None:
    said = errors_of(Invalid("all wrong", tuple(FieldError(f"/{n}", "wrong") for n in range(50))))
    assert (len(said), said[-1]) == (MOST_ERRORS + 1, "and 30 more")


def test_a_pointer_repeats_of_a_name_what_a_person_reads() -> None:
    assert pointer_to(["a/b", 0, "c~"]) == "/a~1b/0/c~0"
    assert len(pointer_to(["k" * 4_000_000])) == 101
    assert len(pointer_to(["k" * 4_000_000] * 200)) == LONGEST_POINTER
