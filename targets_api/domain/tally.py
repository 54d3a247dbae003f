"""Summing sign-ups: what a batch adds to each tally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, Protocol

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


class TallyKey(NamedTuple):
    """What sign-ups are counted by, in the order of the table's key."""

    unit_code: str
    scheme: Scheme
    day: date
    kind: Kind
    organisation_code: str
    collector_code: str


def deltas_of(sign_ups: Iterable[SignUp]) -> dict[TallyKey, int]:
    """How many sign-ups fall on each key, by sorted key."""
    # Plain tuples are hashed in C; the name of each field is put back once per key and not once per sign-up.
    counts = Counter(
        (s.unit_code, s.scheme, s.signed_on, s.kind, s.organisation_code, s.collector_code) for s in sign_ups
    )
    return {TallyKey(*key): counts[key] for key in sorted(counts)}
