"""Answers that are remembered, found by what they depend on.

An answer is in here from when it is asked for. Where something that it depends on changes while it is computed, it is
taken out: those who asked before get it, and who asks later does not. One that waits to be computed stays: it will be
computed from what is there by then.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from targets_api.remembering.body import Body
from targets_api.remembering.kept import Kept
from targets_api.remembering.read import Read, Subject

MOST_BYTES: Final = 64_000_000
_OVERHEAD: Final = 1_000
"""About what an entry takes beside its body."""


class Question(NamedTuple):
    """A key of a read."""

    read: Read[Any]
    key: Any


class Entry:
    """An answer, or the task that computes it."""

    __slots__ = ("has_begun", "n_bytes", "question", "subjects", "task")

    def __init__(self, question: Question) -> None:
        """Nothing is computed yet."""
        self.question = question
        self.subjects = tuple(question.read.depends_on(question.key))
        self.has_begun = False
        self.n_bytes = _OVERHEAD
        self.task: asyncio.Task[Body | None] | None = None


class Memory:
    """At most so many bytes of answers: the oldest go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Nothing is remembered yet."""
        self._most_bytes = most_bytes
        self._entries: OrderedDict[Question, Entry] = OrderedDict()
        self._by_subject: dict[Subject, set[Entry]] = {}
        self.n_bytes = 0
        self.kept = Kept()

    def get(self, question: Question) -> Entry | None:
        """The answer to that question, if it is remembered or being computed."""
        return self._entries.get(question)

    def add(self, entry: Entry) -> None:
        """Remember what will be the answer."""
        self._entries[entry.question] = entry
        for subject in entry.subjects:
            self._by_subject.setdefault(subject, set()).add(entry)
        self.n_bytes += entry.n_bytes
        self._keep_within_bounds()

    def fill(self, entry: Entry, size: int) -> None:
        """Note how many bytes the answer has, if it is still remembered."""
        if self._entries.get(entry.question) is entry:
            entry.n_bytes += size
            self.n_bytes += size
            self._keep_within_bounds()

    def forget(self, subjects: Iterable[Subject]) -> None:
        """Something at these nodes has changed, or below them."""
        for subject in subjects:
            for entry in list(self._by_subject.get(subject, ())):
                self._outdated(entry)

    def forget_all(self) -> None:
        """Anything may have changed."""
        self.kept = Kept(widths=self.kept.widths)
        for entry in list(self._entries.values()):
            self._outdated(entry)

    def drop(self, entry: Entry) -> None:
        """Take it out, if it is in here."""
        if self._entries.get(entry.question) is not entry:
            return
        del self._entries[entry.question]
        self.n_bytes -= entry.n_bytes
        for subject in entry.subjects:
            together = self._by_subject[subject]
            together.discard(entry)
            if not together:
                del self._by_subject[subject]

    def _keep_within_bounds(self) -> None:
        while self.n_bytes > self._most_bytes:
            self.drop(next(iter(self._entries.values())))

    def _outdated(self, entry: Entry) -> None:
        if entry.has_begun:
            self.drop(entry)
