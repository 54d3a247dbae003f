"""The chain of the audit trail: whatever is altered, removed, put in or cut off, shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.domain.audit import (
    BEGINNING,
    Broken,
    Entry,
    Head,
    Note,
    by_number,
    canonical,
    chained,
    ends_early,
    follow,
    head_of,
)

ID = UUID("0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
OTHER_ID = UUID("0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e02")
AT = datetime(2025, 10, 25, 2, 30, tzinfo=UTC)
NOTE = Note(AT, "CT", "clerk-1", "read", "GET /v1/enrolments/{enrolment_id}", (ID,), {}, "request-1")
CHANGES: dict[str, Any] = {
    "at": AT + timedelta(microseconds=1),
    "organisation_code": "NL",
    "subject": "clerk-2",
    "action": "list",
    "route": "GET /v1/enrolments",
    "ids": (OTHER_ID,),
    "filters": {"unit_code": "15142"},
    "correlation_id": "request-2",
}


def a_trail(length: int) -> list[Entry]:
    return chained([replace(NOTE, correlation_id=f"request-{n}") for n in range(length)], BEGINNING)


def seq_of_break(entries: list[Entry], *expected: Head) -> int | None:
    """The entry that verification names, None where it finds nothing."""
    found = follow(BEGINNING, entries, by_number(expected))
    if isinstance(found, Head):
        found = ends_early(found, expected) or found
    return found.seq if isinstance(found, Broken) else None


def test_an_entry_is_hashed_in_a_form_that_never_changes() -> None:
    """Kept trails are verified by later versions: another form would break each of them."""
    expected = (
        b'drive audit 1\n{"action":"read","at":"2025-10-25T02:30:00.000000+00:00","correlation_id":"request-1",'
        b'"filters":{},"ids":["0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01"],"organisation_code":"CT",'
        b'"route":"GET /v1/enrolments/{enrolment_id}","seq":1,"subject":"clerk-1"}'
    )
    assert canonical(1, NOTE) == expected
    assert chained([NOTE], BEGINNING) == [Entry(1, NOTE, sha256(bytes(32) + expected).digest())]


def test_the_same_instant_in_another_zone_and_filters_in_another_order_are_the_same_entry() -> None:
    hanoi = replace(NOTE, at=AT.astimezone(timezone(timedelta(hours=7))), filters={"a": "1", "b": "2"})
    assert canonical(1, hanoi) == canonical(1, replace(NOTE, filters={"b": "2", "a": "1"}))


def test_a_trail_that_was_left_alone_is_followed_to_its_head_in_pages_of_any_size() -> None:
    trail = a_trail(7)
    head = Head(7, trail[-1].hash)
    assert follow(BEGINNING, trail, {}) == head
    middle = follow(BEGINNING, trail[:3], {})
    assert isinstance(middle, Head)
    assert follow(middle, trail[3:], by_number([head])) == head


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_of_any_field_is_found_where_it_is(field: str) -> None:
    trail = a_trail(4)
    trail[1] = replace(trail[1], note=replace(trail[1].note, **{field: CHANGES[field]}))
    assert seq_of_break(trail) == 2


@given(st.data())
def test_whatever_is_altered_removed_doubled_or_moved_is_named_first(data: st.DataObject) -> None:
    trail = a_trail(6)
    place = data.draw(st.integers(0, 4))
    what = data.draw(st.sampled_from(["alter", "remove", "double", "swap"]))
    if what == "alter":
        trail[place] = replace(trail[place], note=replace(NOTE, subject="somebody else"))
    elif what == "remove":
        del trail[place]
    elif what == "double":
        trail.insert(place, trail[place])
        place += 1
    else:
        trail[place], trail[place + 1] = trail[place + 1], trail[place]
    assert seq_of_break(trail) == place + 1


def test_a_trail_that_was_cut_off_or_written_anew_is_found_by_a_head_that_was_kept() -> None:
    trail = a_trail(5)
    kept = Head(4, trail[3].hash)
    assert seq_of_break(trail, kept) is None
    assert seq_of_break(trail[:2], kept) == 3
    anew = chained([replace(each.note, subject="nobody") for each in trail], BEGINNING)
    assert seq_of_break(anew) is None
    assert seq_of_break(anew, kept) == 4


def test_a_head_is_read_as_it_is_printed() -> None:
    head = Head(12, bytes(range(32)))
    assert head_of(f" {head}\n") == head


@pytest.mark.parametrize("text", ["", "12", "12:", "12:00", "x:" + "0" * 64, "1:" + "0" * 65, "١:" + "0" * 64])
def test_what_is_no_head_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="number and hash: 1234:9c11"):
        head_of(text)
