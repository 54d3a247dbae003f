"""Sign-ups that may differ, kept in a file while they are looked at again: they may be more than memory holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from tempfile import TemporaryFile
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

from services.reconciliation.entries import GroupKey

AT_ONCE: Final = 2000
Cause: TypeAlias = Literal["missing", "outdated", "altered", "incomplete", "surplus"]
"""Targets lacks it; has an earlier version of it; has that version otherwise; has it without what was paid, since it is
of before that was kept; has what enrolment does not have."""
Place: TypeAlias = Literal["on_the_way", "dead_letter"]
"""Where its event is known to be."""


class Suspect(NamedTuple):
    """A sign-up in a group of one side, which the other side has otherwise or not at all."""

    key: GroupKey
    id: UUID
    cause: Cause
    place: Place | None = None


class Spool:
    """Written once, then read any number of times, in the same order."""

    def __init__(self) -> None:
        self._file = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - it is gone with the object
        self.size = 0

    def write(self, suspects: Iterable[Suspect]) -> None:
        """Append them."""
        for each in suspects:
            day, *rest = each.key
            self._file.write(json.dumps([day.isoformat(), *rest, each.id.hex, each.cause, each.place]) + "\n")
            self.size += 1

    def read(self) -> Iterator[Suspect]:
        """All of them, from the first on; one reading at a time."""
        self._file.seek(0)
        for line in self._file:
            day, unit_code, scheme, kind, hexadecimal, cause, place = json.loads(line)
            yield Suspect(GroupKey(date.fromisoformat(day), unit_code, scheme, kind), UUID(hexadecimal), cause, place)

    def pages(self) -> Iterator[Sequence[Suspect]]:
        """The same, some at a time."""
        suspects = self.read()
        while page := list(islice(suspects, AT_ONCE)):
            yield page
