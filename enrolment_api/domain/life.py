"""The life of an enrolment: which changes are possible when, and what they make of it. Pure.

recorded → submitted → accepted, or returned with a reason → corrected → submitted again; cancelled for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, TypeAlias

from enrolment_api.domain.enrolment import Enrolment, Status
from enrolment_api.domain.sign_up import Participant, SignUp
from services.errors import Conflict, FieldError, Invalid, StaleVersion

Step: TypeAlias = Literal["submission", "acceptance", "return", "correction", "cancellation"]

_LIVING: Final[frozenset[Status]] = frozenset({"recorded", "submitted", "accepted", "returned"})
_FROM: Final[Mapping[Step, frozenset[Status]]] = {
    "submission": frozenset({"recorded", "returned"}),
    "acceptance": frozenset({"submitted"}),
    "return": frozenset({"submitted"}),
    "correction": _LIVING,
    "cancellation": _LIVING,
}
_TO: Final[Mapping[Step, Status]] = {
    "submission": "submitted",
    "acceptance": "accepted",
    "return": "returned",
    "correction": "recorded",
    "cancellation": "cancelled",
}
"""What was corrected has to be submitted again, whatever the agency had decided."""
CHANGES_FACTS: Final[frozenset[Step]] = frozenset({"correction", "cancellation"})
"""After these something else counts for targets than before."""


class EnrolmentIsCancelled(Conflict):
    """The enrolment was cancelled, and is not changed any more."""

    code = "enrolment-cancelled"
    title = "The enrolment was cancelled"
    remedy = "Nothing; a cancelled one is not changed any more. If the person wants cover, record another sign-up."


class WrongStatus(Conflict):
    """The change does not fit the status of the enrolment."""

    code = "wrong-status"
    title = "The status of the enrolment does not allow this"
    remedy = "Read it again: `detail` names its status, and the ones from which this is possible."


class NothingToCorrect(Invalid):
    """A correction that says what is so already."""

    code = "nothing-to-correct"
    title = "The correction changes nothing"
    remedy = "Leave it; or name in `changes` what is to be different."


@dataclass(frozen=True, slots=True)
class Change:
    """A change that is asked for. `version` is that of the enrolment as its author has seen it."""

    step: Step
    version: int
    reason: str | None = None


def changed(enrolment: Enrolment, change: Change) -> Enrolment:
    """The enrolment in its next version. Raises EnrolmentIsCancelled, StaleVersion, WrongStatus."""
    status = enrolment.status
    if status == "cancelled":
        raise EnrolmentIsCancelled("the enrolment was cancelled: record another sign-up")
    if change.version != enrolment.version:
        raise StaleVersion.of("the enrolment", enrolment.version, change.version)
    if status not in _FROM[change.step]:
        possible = " or ".join(sorted(_FROM[change.step]))
        raise WrongStatus(f"the enrolment is {status}; {change.step} is possible where it is {possible}")
    version = enrolment.version + 1
    facts_version = version if change.step in CHANGES_FACTS else enrolment.facts_version
    return replace(enrolment, status=_TO[change.step], version=version, facts_version=facts_version)


def as_sent(enrolment: Enrolment) -> SignUp:
    """The sign-up in the unit that was sent, where another took its place: a correction is placed anew."""
    ended = enrolment.decision.ended_unit_code
    return enrolment.sign_up if ended is None else replace(enrolment.sign_up, unit_code=ended)


def disputed(enrolment: Enrolment) -> Enrolment:
    """The enrolment in its next version, once its personal ID was found to be somebody else's: what was submitted is
    returned, anything else stays as it is."""
    status: Status = "returned" if enrolment.status == "submitted" else enrolment.status
    return replace(enrolment, status=status, version=enrolment.version + 1)


def given_back(enrolment: Enrolment) -> Enrolment:
    """The enrolment in its next version, once its personal ID was found to be that of its person after all."""
    return replace(enrolment, version=enrolment.version + 1)


def corrected(sign_up: SignUp, changes: Mapping[str, Any]) -> SignUp:
    """The sign-up with other values of some of its fields, those of `participant` likewise.

    Raises Invalid where a field is not one of its scheme, NothingToCorrect where nothing would be different.
    """
    participant = replace(sign_up.participant, **changes.get("participant", {}))
    after = replace(sign_up, **{**changes, "participant": participant})
    _check_scheme(after, changes)
    differences(sign_up, after)
    return after


def differences(before: SignUp, after: SignUp) -> list[str]:
    """The names of the fields that differ, those of the participant with a dot: `participant.phone`.

    Raises NothingToCorrect where there are none.
    """
    if after == before:
        detail = "name what is to be different from what is stored"
        raise NothingToCorrect("every value is as it was", (FieldError("/changes", detail),))
    own = [f.name for f in fields(SignUp) if f.name != "participant"]
    person = [f.name for f in fields(Participant)]
    return [
        *(name for name in own if getattr(before, name) != getattr(after, name)),
        *(
            f"participant.{name}"
            for name in person
            if getattr(before.participant, name) != getattr(after.participant, name)
        ),
    ]


def _check_scheme(sign_up: SignUp, changes: Mapping[str, Any]) -> None:
    if sign_up.scheme == "voluntary_social" and "household_code" in changes:
        raise Invalid.field("/changes/household", "voluntary social insurance knows no household: leave it out")
    if sign_up.scheme == "household_health" and "monthly_income" in changes:
        raise Invalid.field("/changes/monthly_income", "household health insurance knows no income: leave it out")
    if sign_up.scheme == "household_health" and "payment" in changes:
        raise Invalid.field("/changes/payment", "household health insurance knows one way of payment: leave it out")
