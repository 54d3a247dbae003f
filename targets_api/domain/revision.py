"""Changes of a target that is set: its value, or that it is no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from services.errors import Conflict, FieldError, StaleVersion
from targets_api.domain.target import InvalidTarget, Target, value_errors


class TargetIsWithdrawn(Conflict):
    """The target was withdrawn, and is not changed any more."""

    code = "target-withdrawn"
    title = "The target was withdrawn"
    remedy = "Set another target; a withdrawn one is not changed any more."


class TargetIsOver(Conflict):
    """The period of the target is over: its result stands."""

    code = "target-over"
    title = "The period of the target is over"
    remedy = "Set a target of another period; the result of this one stands."


@dataclass(frozen=True, slots=True)
class Revision:
    """A new value, which holds from the day `holds_from`. `version` is that of the target as its author has seen it."""

    version: int
    value: float
    holds_from: date
    reason: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The target is no more. `version` is that of the target as its author has seen it."""

    version: int
    reason: str


Change: TypeAlias = Revision | Withdrawal


def revised(target: Target, revision: Revision, today: date) -> Target:
    """The target with its new value. Raises TargetIsWithdrawn, StaleVersion, TargetIsOver, InvalidTarget."""
    _check_current(target, revision.version)
    if today > target.ends_on:
        raise TargetIsOver(f"the period ended on {target.ends_on}: set a target of another period")
    after = replace(target, value=revision.value, version=target.version + 1)
    if errors := (*value_errors(after), *_day_errors(target, revision.holds_from, today)):
        raise InvalidTarget("; ".join(f"{error.pointer}: {error.detail}" for error in errors), errors)
    return after


def withdrawn(target: Target, withdrawal: Withdrawal, today: date) -> Target:
    """The target, withdrawn from today on. Raises TargetIsWithdrawn, StaleVersion."""
    _check_current(target, withdrawal.version)
    return replace(target, withdrawn_on=today, version=target.version + 1)


def changed(target: Target, change: Change, today: date) -> Target:
    """The target after the change. Raises what `revised` and `withdrawn` do."""
    return revised(target, change, today) if isinstance(change, Revision) else withdrawn(target, change, today)


def _check_current(target: Target, seen: int) -> None:
    if target.withdrawn_on is not None:
        raise TargetIsWithdrawn(f"the target was withdrawn on {target.withdrawn_on}: set another one")
    if seen != target.version:
        raise StaleVersion.of("the target", target.version, seen)


def _day_errors(target: Target, holds_from: date, today: date) -> Iterator[FieldError]:
    latest = max(target.starts_on, today)
    if not target.starts_on <= holds_from <= latest:
        yield FieldError("/from", f"a day from {target.starts_on} to {latest} is expected")
