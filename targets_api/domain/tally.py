"""Summing sign-ups: what a batch adds to each tally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol, TypeAlias

from services.vocabulary import Kind, Scheme


class SignUp(Protocol):
    """What of a sign-up is counted. What was paid is not known of those that were entered before it was kept."""

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
    @property
    def amount_paid(self) -> int | None: ...


class TallyKey(NamedTuple):
    """What sign-ups are counted by, in the order of the table's key."""

    unit_code: str
    scheme: Scheme
    day: date
    kind: Kind
    organisation_code: str
    collector_code: str


Counts: TypeAlias = dict[TallyKey, int]
_Key: TypeAlias = tuple[bool, str, Scheme, date, Kind, str, str]


@dataclass(frozen=True, slots=True)
class Deltas:
    """What is added to each tally, by sorted key; nothing is zero. `standing` are those that were not cancelled,
    `amount` is what was paid for these, in whole VND, and `with_amount` how many they are of whom that is known.
    """

    standing: Counts
    cancelled: Counts
    amount: Counts
    with_amount: Counts

    def __bool__(self) -> bool:
        return any(self.sums())

    def keys(self) -> list[TallyKey]:
        """Of the tallies that change, sorted."""
        first, *others = self.sums()
        more = set().union(*others) - first.keys()
        return sorted(first.keys() | more) if more else list(first)

    def sums(self) -> tuple[Counts, Counts, Counts, Counts]:
        """In the order of the columns of a tally."""
        return self.standing, self.cancelled, self.amount, self.with_amount


def deltas_of(entered: Iterable[SignUp], replaced: Iterable[SignUp] = (), completed: Iterable[SignUp] = ()) -> Deltas:
    """What the entries of a batch add, and those that they replace take away. Of those that are completed nothing was
    known but what was paid."""
    # Plain tuples are hashed in C; the name of each field is put back once per key and not once per sign-up.
    entered = list(entered)
    keys = list(map(_key_of, entered))
    counts, amount, with_amount = Counter(keys), Counter[_Key](), Counter[_Key]()
    _add_amounts(amount, with_amount, keys, entered, 1)
    for sign, counted, sign_ups in ((-1, -1, list(replaced)), (1, 0, list(completed))):
        keys = list(map(_key_of, sign_ups))
        for key in keys:
            counts[key] += counted
        _add_amounts(amount, with_amount, keys, sign_ups, sign)
    in_order = [(TallyKey(*key[1:]), key) for key in sorted(counts)]
    return Deltas(
        {short: counts[key] for short, key in in_order if not key[0] and counts[key]},
        {short: counts[key] for short, key in in_order if key[0] and counts[key]},
        {short: amount[key] for short, key in in_order if not key[0] and amount[key]},
        {short: with_amount[key] for short, key in in_order if not key[0] and with_amount[key]},
    )


def _add_amounts(
    amount: dict[_Key, int], with_amount: dict[_Key, int], keys: Iterable[_Key], sign_ups: Iterable[SignUp], sign: int
) -> None:
    for key, each in zip(keys, sign_ups, strict=True):
        if each.amount_paid is not None:
            amount[key] = amount.get(key, 0) + sign * each.amount_paid
            with_amount[key] = with_amount.get(key, 0) + sign


def _key_of(s: SignUp) -> _Key:
    return (s.cancelled, s.unit_code, s.scheme, s.signed_on, s.kind, s.organisation_code, s.collector_code)
