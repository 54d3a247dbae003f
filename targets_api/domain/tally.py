"""Summing sign-ups: what a batch adds to each tally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol, TypeAlias

from services.vocabulary import Kind, Scheme


class SignUp(Protocol):
    """What of a sign-up is counted."""

    @property
    def unit_code(self) -> str: ...
    @property
    def scheme(self) -> Scheme: ...
    @property
    def signed_on(self) -> date: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def organisation_code(self) -> str: ...
    @property
    def collector_code(self) -> str: ...
    @property
    def cancelled(self) -> bool: ...


class TallyKey(NamedTuple):
    """What sign-ups are counted by, in the order of the table's key."""

    unit_code: str
    scheme: Scheme
    day: date
    kind: Kind
    organisation_code: str
    collector_code: str


Counts: TypeAlias = dict[TallyKey, int]


@dataclass(frozen=True, slots=True)
class Deltas:
    """What is added to each tally, by sorted key; nothing is zero. `standing` are those that were not cancelled."""

    standing: Counts
    cancelled: Counts

    def __bool__(self) -> bool:
        return bool(self.standing or self.cancelled)


def deltas_of(entered: Iterable[SignUp], replaced: Iterable[SignUp] = ()) -> Deltas:
    """What the entries of a batch add, and those that they replace take away."""
    # Plain tuples are hashed in C; the name of each field is put back once per key and not once per sign-up.
    counts = Counter(map(_key_of, entered))
    counts.subtract(map(_key_of, replaced))
    changed = [key for key in sorted(counts) if counts[key]]
    standing, cancelled = (
        {TallyKey(*key[1:]): counts[key] for key in changed if key[0] == is_cancelled} for is_cancelled in (False, True)
    )
    return Deltas(standing, cancelled)


def _key_of(s: SignUp) -> tuple[bool, str, Scheme, date, Kind, str, str]:
    return (s.cancelled, s.unit_code, s.scheme, s.signed_on, s.kind, s.organisation_code, s.collector_code)
