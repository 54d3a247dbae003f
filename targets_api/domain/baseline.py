"""A baseline: a count of who lives in a unit and who of them is covered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.errors import FieldError, Invalid
from services.vocabulary import Scheme
from targets_api.domain.target import FIRST_DAY


class InvalidBaseline(Invalid):
    """The count cannot be right."""

    code = "invalid-baseline"
    title = "The baseline cannot be set like this"
    remedy = "Correct what `errors` names."


@dataclass(frozen=True, slots=True)
class Baseline:
    """The count at the end of the day `on`: sign-ups of that day are in it, those of the next day are not."""

    unit_code: str
    scheme: Scheme
    on: date
    population: int
    covered: int


def checked(baseline: Baseline, today: date) -> Baseline:
    """The baseline as it is. Raises InvalidBaseline with every field that is wrong."""
    if errors := tuple(_errors(baseline, today)):
        raise InvalidBaseline("; ".join(f"{error.pointer}: {error.detail}" for error in errors), errors)
    return baseline


def check_days(baseline: Baseline, valid_from: date | None, valid_to: date | None) -> None:
    """Raises InvalidBaseline where the unit, of these first and last days, did not exist at the end of that one: its
    people are counted in the units before it, or after it."""
    if valid_from is not None and baseline.on < valid_from:
        detail = (
            f"{baseline.unit_code} exists from {valid_from} on: count its people then, or those of the units before"
        )
        raise InvalidBaseline(detail, (FieldError("/on", detail),))
    if valid_to is not None and baseline.on > valid_to:
        detail = f"{baseline.unit_code} ended on {valid_to}: count the people of the units that took its place"
        raise InvalidBaseline(detail, (FieldError("/on", detail),))


def _errors(baseline: Baseline, today: date) -> Iterator[FieldError]:
    if baseline.on >= today:
        yesterday = today - timedelta(days=1)
        yield FieldError("/on", f"a count is of the end of a day that is over: at most {yesterday}")
    if baseline.on < FIRST_DAY:
        yield FieldError("/on", f"must not be before {FIRST_DAY}")
    if baseline.population <= 0:
        yield FieldError("/population", "must be more than 0")
    if not 0 <= baseline.covered <= max(baseline.population, 0):
        yield FieldError("/covered", "must be from 0 to the population")
