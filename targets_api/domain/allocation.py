"""Sharing a whole number out in proportion, within bounds, by the largest remainder. Pure, and without chance.

Shares are in proportion to what they are based on. Those that are pinned are as given; the others are at least `floor`
and at most `cap`, and what these add or take is shared by the rest in proportion. The exact shares are cut to whole
numbers; what is left over goes, one by one, to the largest remainders, of equal ones to the code that comes first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, TypeAlias

from services.errors import FieldError, Invalid

Bases: TypeAlias = Mapping[str, Fraction]
"""By code, in what proportion: none is negative."""
_NAMED: Final = 10
"""How many codes a message names at most."""


class SharesDoNotFit(Invalid):
    """No shares meet the bounds and sum to the value, or there is nothing to share it out by."""

    code = "shares-do-not-fit"
    title = "The target cannot be shared out like this"
    remedy = "Change what `errors` names, so that shares can keep their bounds and sum to the value."


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whole persons: every share is at least `floor` and at most `cap`; those of `pinned` are as they are there."""

    floor: int = 0
    cap: int | None = None
    pinned: Mapping[str, int] = field(default_factory=dict)

    def kept(self, share: Fraction) -> Fraction:
        """The share, or the bound that it is beyond."""
        return max(Fraction(self.floor), share if self.cap is None else min(share, Fraction(self.cap)))


def allocate(value: int, bases: Bases, bounds: Bounds) -> dict[str, int]:
    """The share of each code; they sum to `value`. Raises SharesDoNotFit with the bounds that cannot be met."""
    free = {code: basis for code, basis in bases.items() if code not in bounds.pinned}
    rest = value - sum(bounds.pinned.values())
    _refuse(_errors_of_pinned(value, bases, bounds))
    _refuse(_errors_of_rest(rest, free, bounds))
    shares = {**_rounded(_in_proportion(rest, free, bounds), rest), **bounds.pinned}
    return {code: shares[code] for code in bases}


def few(codes: Iterable[str]) -> str:
    """The first of the codes, for a message, and how many more there are."""
    found = sorted(codes)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more


def _refuse(errors: Iterator[FieldError]) -> None:
    if found := tuple(errors):
        raise SharesDoNotFit("; ".join(error.detail for error in found), found)


def _errors_of_pinned(value: int, bases: Bases, bounds: Bounds) -> Iterator[FieldError]:
    if bounds.cap is not None and bounds.cap < bounds.floor:
        yield FieldError("/cap", f"the cap of {bounds.cap:,} is below the floor of {bounds.floor:,}")
    for code, share in sorted(bounds.pinned.items()):
        if code not in bases:
            yield FieldError(f"/pinned/{_escaped(code)}", f"{code} is not among those that the target is shared out to")
        elif share < bounds.floor:
            yield FieldError(f"/pinned/{_escaped(code)}", f"{share:,} is below the floor of {bounds.floor:,}")
        elif bounds.cap is not None and share > bounds.cap:
            yield FieldError(f"/pinned/{_escaped(code)}", f"{share:,} is above the cap of {bounds.cap:,}")
    if (total := sum(bounds.pinned.values())) > value:
        yield FieldError("/pinned", f"pinned shares sum to {total:,}, more than the value of {value:,}")


def _errors_of_rest(rest: int, free: Bases, bounds: Bounds) -> Iterator[FieldError]:
    """Why those that are not pinned cannot share the rest."""
    least = bounds.floor * len(free)
    if not free:
        if rest:
            yield FieldError("/pinned", f"every share is pinned, and {rest:,} are left over")
    elif least > rest:
        detail = f"{len(free):,} × the floor of {bounds.floor:,} is {least:,}, more than the {rest:,} to be shared"
        yield FieldError("/floor", detail)
    else:
        yield from _errors_of_bases(rest, free, bounds)


def _errors_of_bases(rest: int, free: Bases, bounds: Bounds) -> Iterator[FieldError]:
    """Those without a basis get no more than the floor, however much is left over."""
    based = sum(1 for basis in free.values() if basis)
    left = rest - bounds.floor * (len(free) - based)
    if not based and left:
        detail = f"the basis of all {len(free):,} is zero: there is no proportion to share {left:,} by"
        yield FieldError("/by", detail)
    elif bounds.cap is not None and (most := bounds.cap * based) < left:
        whose = "" if based == len(free) else " with a basis"
        detail = f"{based:,}{whose} × the cap of {bounds.cap:,} is {most:,}, less than the {left:,} to be shared"
        yield FieldError("/cap", detail)


def _escaped(code: str) -> str:
    """A code as a part of a JSON pointer (RFC 6901)."""
    return code.replace("~", "~0").replace("/", "~1")


def _in_proportion(rest: int, bases: Bases, bounds: Bounds) -> dict[str, Fraction]:
    """Exact shares within the bounds that sum to `rest`; there are some.

    Where shares that were cut to their bounds sum to too much, those at the floor stay there, else those at the cap:
    the proportion of the others only moves further that way. This is done until the sum is right.
    """
    held = {code: Fraction(bounds.floor) for code, basis in bases.items() if not basis}
    open_ = {code: basis for code, basis in bases.items() if basis}
    while open_:
        left, whole = rest - sum(held.values()), sum(open_.values())
        asked = {code: left * basis / whole for code, basis in open_.items()}
        kept = {code: bounds.kept(share) for code, share in asked.items()}
        over = sum(kept.values()) - left
        if not over:
            return held | kept
        stay = [code for code in open_ if (kept[code] - asked[code]) * over > 0]
        for code in stay:
            held[code] = kept[code]
            del open_[code]
    return held


def _rounded(exact: Mapping[str, Fraction], value: int) -> dict[str, int]:
    """Whole numbers that sum to `value`, as the exact ones do: each is cut or raised to the next."""
    shares = {code: math.floor(share) for code, share in exact.items()}
    by_remainder = sorted(exact, key=lambda code: (shares[code] - exact[code], code))
    for code in by_remainder[: value - sum(shares.values())]:
        shares[code] += 1
    return shares
