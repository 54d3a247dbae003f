"""Shares: targets that are a part of another one, their parent. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.calendar import add_months
from services.errors import FieldError
from services.vocabulary import Measure, Scope
from targets_api.domain.pace import Progress, goal_of
from targets_api.domain.target import STOCK_MEASURES, Target

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Above:
    """The codes at or above the unit of a scope, and at or above its organisation, else that of its collector."""

    units: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()


def measure_of_shares(measure: Measure) -> Measure:
    """What the shares of such a target are measured by: a stock is reached by new sign-ups, whoever collects them."""
    return "new" if measure in STOCK_MEASURES else measure


def persons_of(target: Target, progress: Progress) -> int:
    """Whole persons that are to be signed up in the period for the target: that is what its shares sum to.

    For a stock what is missing where it began, of the present population; nobody where it began at its goal.
    """
    return max(0, goal_of(target, progress) - (progress.covered_at_start if target.measure in STOCK_MEASURES else 0))


def last_period(starts_on: date, ends_on: date) -> tuple[date, date]:
    """The period of the same length that ends on the eve of this one: as many calendar months where it is made of whole
    ones, else as many days."""
    last = starts_on - _DAY
    after = ends_on + _DAY
    if starts_on.day == after.day == 1:
        return add_months(starts_on, (starts_on.year - after.year) * 12 + starts_on.month - after.month), last
    return starts_on - (after - starts_on), last


def errors_of_share(share: Target, parent: Target, above: Above) -> Iterator[FieldError]:
    """Why the one target cannot be a share of the other."""
    if parent.withdrawn_on is not None:
        yield FieldError("/parent_id", f"that target was withdrawn on {parent.withdrawn_on}")
    if share.scheme != parent.scheme:
        yield FieldError("/scheme", f"the target that it is a share of is one of {parent.scheme}")
    if share.measure not in (allowed := {parent.measure, measure_of_shares(parent.measure)}):
        yield FieldError(
            "/measure", f"a share of a target of {parent.measure} is one of {' or '.join(sorted(allowed))}"
        )
    if not (parent.starts_on <= share.starts_on and share.ends_on <= parent.ends_on):
        yield FieldError("/ends_on", f"the period of a share is within {parent.starts_on} to {parent.ends_on}")
    if share.scope == parent.scope or not _is_below(share, parent, above):
        yield FieldError("/scope", f"the scope of a share is a part of that of its target, {words_of(parent.scope)}")


def words_of(scope: Scope) -> str:
    """The scope as people write it, such as `unit 15142, organisation BD-CAM-THUY`."""
    named = {"unit": scope.unit_code, "organisation": scope.organisation_code, "collector": scope.collector_code}
    return ", ".join(f"{kind} {code}" for kind, code in named.items() if code)


def _is_below(share: Target, parent: Target, above: Above) -> bool:
    whole, part = parent.scope, share.scope
    return (
        (whole.unit_code is None or whole.unit_code in above.units)
        and (whole.organisation_code is None or whole.organisation_code in above.organisations)
        and (whole.collector_code is None or whole.collector_code == part.collector_code)
    )
