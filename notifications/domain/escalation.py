"""Chains of escalation: which one an alert has, and when each of its steps is due. Pure.

A step is due so long after the alert was raised, or an acknowledgement of it has timed out, as long as nobody
acknowledges it. A report that does not come in time, and remedies that are missed, take the next step at once. Each
step is one level.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from notifications.domain.alert import Alert, Decision, Status, Unchanged
from notifications.domain.life import escalate
from services.errors import Conflict, FieldError, Invalid, NotFound

SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(days=60)

Lapse: TypeAlias = Literal["not_acknowledged", "not_reported", "not_remedied"]
"""What was not done in time, for which an alert is escalated."""
REASONS: Final[dict[Lapse, str]] = {
    "not_acknowledged": "nobody has acknowledged it in time",
    "not_reported": "no report has come in time",
    "not_remedied": "a remedy was not done in time",
}


class NoSuchEscalation(NotFound):
    """There is no chain of this name."""

    code = "no-such-escalation"
    title = "There is no such chain of escalation"
    remedy = "Check the name: `GET /v1/escalations` lists them."


class AlreadyEscalated(Conflict):
    """Two chains for the same unit would leave it open which of them an alert has."""

    code = "already-escalated"
    title = "Another chain of escalation is for the same unit"
    remedy = "Change or remove the chain that `detail` names."


@dataclass(frozen=True, slots=True)
class Step:
    """Routes that are notified where nobody has acknowledged the alert for so long, or at once where it gets worse."""

    after: timedelta
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps for alerts of the unit `under` and of those below it, the first one for level 1. `under` None: for
    every alert, also of no unit."""

    name: str
    under: str | None
    steps: tuple[Step, ...]


def chain_of(path: Sequence[str], chains: Iterable[Chain]) -> Chain | None:
    """The chain of an alert whose unit has this path, top first: the one whose unit is nearest. None: it is never
    escalated."""
    by_unit = {chain.under: chain for chain in chains}
    nearest_first = (*reversed(path), None)
    return next((by_unit[code] for code in nearest_first if code in by_unit), None)


def next_step(alert: Alert, chain: Chain | None) -> Step | None:
    """The step that takes the alert one level higher; None where there is no chain, or no step left."""
    steps = chain.steps if chain else ()
    return steps[alert.level] if alert.level < len(steps) else None


def step_due_at(alert: Alert, chain: Chain | None) -> datetime | None:
    """When the next step is due, if nobody acknowledges the alert until then."""
    step = next_step(alert, chain)
    since = alert.unacknowledged_since if alert.status == "open" else None
    return since + step.after if step and since else None


def take_due_step(alert: Alert, chain: Chain | None, at: datetime) -> Decision:
    """One level higher, where the time of the next step has come."""
    due_at = step_due_at(alert, chain)
    if due_at is None or at < due_at:
        return Unchanged("no step is due")
    return take_step(alert, chain, "not_acknowledged")


def take_step(alert: Alert, chain: Chain | None, lapse: Lapse) -> Decision:
    """One level higher at once, where there is a step left."""
    step = next_step(alert, chain)
    if step is None:
        return Unchanged("no step is left")
    return escalate(alert, REASONS[lapse], step.routes)


def lapse_of(status: Status, *, is_overdue: bool, was_remedy_missed: bool) -> Lapse:
    """Why an alert was escalated last, as far as it says so itself; exact right after the step. It never says what is
    untrue of an alert on which people have acted since, as where a silence has held the message up."""
    if status == "reported" and was_remedy_missed:
        return "not_remedied"
    if is_overdue:
        return "not_reported"
    return "not_remedied" if status == "acknowledged" and was_remedy_missed else "not_acknowledged"


def check_steps(steps: Sequence[Step], known_routes: Iterable[str]) -> None:
    """Raises Invalid, with every field that is wrong."""
    known = frozenset(known_routes)
    if errors := (*_wrong_times(steps), *_wrong_routes(steps, known)):
        raise Invalid("; ".join(error.detail for error in errors), errors)


def _wrong_times(steps: Sequence[Step]) -> Iterator[FieldError]:
    for place, step in enumerate(steps):
        pointer = f"/steps/{place}/after"
        if not SHORTEST <= step.after <= LONGEST:
            yield FieldError(pointer, f"give from one minute (PT1M) to {LONGEST.days} days (P{LONGEST.days}D)")
        elif place and step.after <= steps[place - 1].after:
            yield FieldError(pointer, "give more than the step before has: all count from the same time")


def _wrong_routes(steps: Sequence[Step], known: frozenset[str]) -> Iterator[FieldError]:
    for place, step in enumerate(steps):
        for nth, name in enumerate(step.routes):
            pointer = f"/steps/{place}/routes/{nth}"
            if name not in known:
                yield FieldError(pointer, f"no route {name} is there: put it first (`PUT /v1/routes/{name}`)")
            elif name in step.routes[:nth]:
                yield FieldError(pointer, f"{name} is named twice: name each route once in a step")
