"""What is reported of an alert: causes of the lag, and remedies, each with who does it and by when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, TypeAlias

from notifications.domain.alert import Report
from services.errors import Conflict, FieldError, Invalid, NotFound

RemedyState: TypeAlias = Literal["planned", "done", "missed", "dropped"]
Settled: TypeAlias = Literal["done", "missed", "dropped"]

OTHER: Final = "other"
"""The cause that says nothing without a note."""
MOST_REMEDIES: Final = 100
"""Of one alert, all reports of it together."""

_MAY_BECOME: Final[dict[RemedyState, frozenset[Settled]]] = {
    "planned": frozenset({"done", "missed", "dropped"}),
    "missed": frozenset({"done", "dropped"}),
    "done": frozenset(),
    "dropped": frozenset(),
}
"""One that was missed may still be done, late."""


class NoSuchRemedy(NotFound):
    """The alert has no remedy of this number."""

    code = "no-such-remedy"
    title = "The alert has no such remedy"
    remedy = "Check the number: `GET /v1/alerts/{id}/report` lists them."


class RemedyIsSettled(Conflict):
    """A remedy that was done or dropped is so for good; one that was missed can only be done late, or dropped."""

    code = "remedy-is-settled"
    title = "The remedy is settled already"
    remedy = "Nothing; if something else is to be done, report again, with a further remedy."


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the target lags: a code of the catalogue, and what there is to say of it."""

    code: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A remedy as it is reported: what is done, by whom, until the end of which day."""

    what: str
    who: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Remedy:
    """A remedy by its number, which begins at 1, with what became of it."""

    n: int
    due_on: date
    state: RemedyState = "planned"
    note: str | None = None


def check_report(
    causes: Sequence[Cause], plans: Sequence[Plan], *, catalogue: Collection[str], before: Sequence[Remedy], today: date
) -> None:
    """Raises Invalid, with every field that is wrong. `before`: the remedies that were reported earlier."""
    if errors := (*_wrong_causes(causes, catalogue), *_wrong_plans(plans, before, today)):
        raise Invalid("; ".join(error.detail for error in errors), errors)


def _wrong_causes(causes: Sequence[Cause], catalogue: Collection[str]) -> Iterator[FieldError]:
    times = Counter(cause.code for cause in causes)
    for place, cause in enumerate(causes):
        pointer = f"/causes/{place}"
        if cause.code not in catalogue:
            yield FieldError(f"{pointer}/code", f"no cause {cause.code} is known: `GET /v1/causes` lists them")
        elif times[cause.code] > 1:
            yield FieldError(
                f"{pointer}/code", f"{cause.code} is given {times[cause.code]} times: name each cause once"
            )
        elif cause.code == OTHER and not cause.note:
            yield FieldError(f"{pointer}/note", "say what the cause is, since it is none of the catalogue")


def _wrong_plans(plans: Sequence[Plan], before: Sequence[Remedy], today: date) -> Iterator[FieldError]:
    if not plans and all(remedy.state != "planned" for remedy in before):
        yield FieldError("/remedies", "name at least one remedy: none is planned")
    if len(plans) + len(before) > MOST_REMEDIES:
        yield FieldError("/remedies", f"an alert has {MOST_REMEDIES} remedies at most, and {len(before)} are there")
    for place, plan in enumerate(plans):
        if plan.due_on < today:
            yield FieldError(f"/remedies/{place}/due_on", f"{plan.due_on} is over: name a day from {today} on")


def added(plans: Sequence[Plan], before: Sequence[Remedy]) -> list[Remedy]:
    """The remedies of a further report, which are numbered on: earlier ones stay as they are."""
    return [Remedy(n, plan.due_on) for n, plan in enumerate(plans, len(before) + 1)]


def settled(remedies: Sequence[Remedy], n: int, state: Settled, note: str | None = None) -> list[Remedy]:
    """The remedies, of which that number is done, missed or dropped. Raises NoSuchRemedy, RemedyIsSettled."""
    found = next((remedy for remedy in remedies if remedy.n == n), None)
    if found is None:
        raise NoSuchRemedy(f"the alert has no remedy {n}; it has {len(remedies)}")
    if state not in _MAY_BECOME[found.state]:
        raise RemedyIsSettled(f"remedy {n} is {found.state}, and cannot become {state}")
    return [replace(each, state=state, note=note) if each is found else each for each in remedies]


def in_short(causes: Sequence[str], remedies: Sequence[Remedy]) -> Report:
    """The report as the alert shows it."""
    states = Counter(remedy.state for remedy in remedies)
    planned = [remedy.due_on for remedy in remedies if remedy.state == "planned"]
    return Report(
        causes=tuple(causes),
        planned=states["planned"],
        done=states["done"],
        missed=states["missed"],
        dropped=states["dropped"],
        next_due_on=min(planned, default=None),
    )
