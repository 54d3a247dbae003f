"""What is remembered is found by what it depends on, bounded, and never of before a change."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from targets_api.remembering.memory import Entry, Memory, Question
from targets_api.remembering.read import Read, Subject, on_unit


class Key(NamedTuple):
    """A key of a read."""

    code: str
    own_of: str | None = None


async def _nothing(_session: Any, keys: Any, _today: date) -> list[None]:
    return [None for _ in keys]


READ = Read[Key]("unit", _nothing, lambda key: on_unit(key.code, "household_health"))


def remembered(memory: Memory, code: str, *, begun: bool = True) -> Entry:
    """An answer on a unit."""
    entry = Entry(Question(READ, Key(code)))
    entry.has_begun = begun
    memory.add(entry)
    return entry


def unit(code: str) -> Subject:
    """The unit in the scheme of the read."""
    return Subject("unit", code, "household_health")


def test_an_answer_is_forgotten_with_what_it_depends_on_alone() -> None:
    memory = Memory()
    one, other = remembered(memory, "a"), remembered(memory, "B")
    memory.forget([Subject("unit", "A", "voluntary_social"), Subject("organisation", "A", "household_health")])
    assert memory.get(one.question) is one
    memory.forget([unit("A")])
    assert (memory.get(one.question), memory.get(other.question)) == (None, other)
    memory.forget_all()
    assert memory.get(other.question) is None
    assert memory.n_bytes == 0


def test_an_answer_that_waits_to_be_computed_is_kept_and_one_that_is_being_computed_is_not() -> None:
    memory = Memory()
    waits, begun = remembered(memory, "A", begun=False), remembered(memory, "B")
    memory.forget([unit("A"), unit("B")])
    assert (memory.get(waits.question), memory.get(begun.question)) == (waits, None)
    memory.forget_all()
    assert memory.get(waits.question) is waits


def test_an_answer_that_was_forgotten_meanwhile_takes_the_place_of_no_other() -> None:
    memory = Memory()
    before = remembered(memory, "A")
    memory.forget([unit("A")])
    after = remembered(memory, "A")
    size = memory.n_bytes
    memory.fill(before, 10_000)
    memory.drop(before)
    assert (memory.get(after.question), memory.n_bytes) == (after, size)


def test_the_oldest_answers_go_where_all_together_are_too_many_bytes() -> None:
    memory = Memory(most_bytes=50_000)
    entries = [remembered(memory, str(number)) for number in range(5)]
    for entry in entries:
        memory.fill(entry, 20_000)
    assert [memory.get(entry.question) is entry for entry in entries] == [False, False, False, True, True]
    assert memory.n_bytes <= 50_000


def test_answers_that_there_is_nothing_to_tell_of_are_bounded_too() -> None:
    memory = Memory(most_bytes=10_000)
    entries = [remembered(memory, f"unknown-{n}") for n in range(100)]
    assert memory.n_bytes <= 10_000
    assert [memory.get(entry.question) is entry for entry in (entries[0], entries[-1])] == [False, True]
