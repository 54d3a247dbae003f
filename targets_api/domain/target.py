"""A target: a value to be reached for a scope over a period."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.errors import Conflict, FieldError, Invalid, NotFound
from services.vocabulary import SHARES, Kind, Measure, Scheme, Scope

STOCK_MEASURES: Final[frozenset[Measure]] = frozenset({"in_force", "coverage"})
"""Measures of how many are covered, and so counted from a baseline; the others count sign-ups from zero."""


def counted_kind(measure: Measure) -> Kind:
    """The kind of sign-ups that count for a measure; a renewal keeps a person covered, and adds nobody."""
    return "renewal" if measure == "renewal" else "new"


FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
LEAST_SHARE: Final = 0.0001
"""Shares are given to four decimal places."""
_ANOTHER_PART: Final = "set already, and no share of that target: withdraw it, or give this one a name of its own"
SHOWN_AFTER_END: Final = 31
"""Days after its end for which progress shows a target, in whatever year."""


class InvalidTarget(Invalid):
    """The target contradicts itself, or names what is not registered."""

    code = "invalid-target"
    title = "The target cannot be set like this"
    remedy = "Correct what `errors` names; for coverage set a baseline first."


class TargetDiffers(Conflict):
    """The same target has been set before with another value."""

    code = "target-differs"
    title = "This target is set already, with another value or as another part"
    remedy = "Keep the one that stands, or give the new one a `name` of its own."


class NoSuchTarget(NotFound):
    """No target has this id."""

    code = "no-such-target"
    title = "There is no such target"
    remedy = "Check the id: `GET /v1/targets` lists them."


@dataclass(frozen=True, slots=True)
class Target:
    """`value` is persons, or for coverage a share of the population; the period includes both its days.

    `version` grows with each revision; `withdrawn_on` is the day from which the target is no more. One with a
    `parent_id` is a share of that target.
    """

    id: UUID
    scope: Scope
    scheme: Scheme
    measure: Measure
    value: float
    starts_on: date
    ends_on: date
    name: str | None = None
    version: int = 1
    set_on: date | None = None
    """None for one that was set before this was kept."""
    withdrawn_on: date | None = None
    parent_id: UUID | None = None

    @property
    def raises_alerts(self) -> bool:
        """Not where the period was over when the target was set: nobody could have reached it."""
        return self.set_on is None or self.set_on <= self.ends_on


def refusal_of(target: Target) -> InvalidTarget | None:
    """Why it cannot be set as it is, with every field that is wrong; None where nothing is."""
    errors = tuple(_errors(target))
    return InvalidTarget("; ".join(f"{error.pointer}: {error.detail}" for error in errors), errors) if errors else None


def identity_of(target: Target) -> tuple[object, ...]:
    """What no two targets that stand have in common."""
    return target.scope, target.scheme, target.measure, target.starts_on, target.ends_on, target.name


def differs_as_part(asked: Target, found: Target) -> TargetDiffers | None:
    """Why the one cannot be taken for the other, which stands: as the share of another target."""
    if asked.parent_id in (None, found.parent_id):
        return None
    return TargetDiffers(f"target {found.id} stands for the same", (FieldError("/parent_id", _ANOTHER_PART),))


def differs(asked: Target, found: Target) -> TargetDiffers | None:
    """Why the one is not the other, which stands for the same: another value, or the share of another target."""
    if asked.value == found.value:
        return differs_as_part(asked, found)
    detail = f"target {found.id} has the value {found.value:g} for the same scope, measure, period and name"
    return TargetDiffers(detail, (FieldError("/value", f"set already, to {found.value:g}: give it a name of its own"),))


def _errors(target: Target) -> Iterator[FieldError]:
    yield from _scope_errors(target)
    yield from value_errors(target)
    yield from _period_errors(target)


def _scope_errors(target: Target) -> Iterator[FieldError]:
    scope = target.scope
    if scope == Scope():
        yield FieldError("/scope", "name a unit_code, an organisation_code, a collector_code or a mix of them")
    elif target.measure in STOCK_MEASURES and (scope.organisation_code or scope.collector_code or not scope.unit_code):
        yield FieldError("/scope", f"{target.measure} is measured on a population: give a unit_code and nothing else")


def value_errors(target: Target) -> Iterator[FieldError]:
    """What is wrong with the value, for its measure."""
    is_share = target.measure in SHARES
    least = LEAST_SHARE if is_share else 1
    if not math.isfinite(target.value) or target.value < least:
        yield FieldError("/value", f"must be at least {least}{'' if is_share else ' person'}")
    elif is_share and target.value > 1:
        yield FieldError(
            "/value", f"{target.measure} is a share of the population, at most 1: write 0.9515 for 95.15 %"
        )


def _period_errors(target: Target) -> Iterator[FieldError]:
    if target.starts_on < FIRST_DAY:
        yield FieldError("/starts_on", f"must not be before {FIRST_DAY}")
    if target.ends_on > LAST_DAY:
        yield FieldError("/ends_on", f"must not be after {LAST_DAY}")
    if target.ends_on < target.starts_on:
        yield FieldError("/ends_on", f"must not be before starts_on, {target.starts_on}")
