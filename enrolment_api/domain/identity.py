"""Whether a sign-up names the person whom its personal ID is known for; and what becomes of one that does not.

A personal ID is written on many papers. Whoever has it alone must learn nothing of the person: neither whether they
are insured nor until when; and whoever signs up first under it must not keep the real person out. So a sign-up whose
name, birthday or sex is not the known one is a case, which the agency decides. Pure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil, sqrt
from typing import Final, Literal, TypeAlias
from uuid import UUID

from enrolment_api.domain.identifiers import Sex
from enrolment_api.domain.sign_up import Participant
from services.errors import Conflict, StaleVersion, TooMany

CaseStatus: TypeAlias = Literal["open", "accepted", "rejected"]
Verdict: TypeAlias = Literal["accept", "return"]
IdentityField: TypeAlias = Literal["full_name", "born_on", "sex"]

LIMITED_OVER: Final = timedelta(hours=1)
"""The time in which an organisation may open so many cases."""
_FROM: Final[Mapping[Verdict, frozenset[CaseStatus]]] = {
    "accept": frozenset({"open", "rejected"}),
    "return": frozenset({"open"}),
}
_TO: Final[Mapping[Verdict, CaseStatus]] = {"accept": "accepted", "return": "rejected"}
_FIELDS: Final[tuple[IdentityField, ...]] = ("full_name", "born_on", "sex")
_FEWEST_UNUSUAL: Final = 3
_D_WITH_STROKE: Final = str.maketrans({"đ": "d"})


class IdentityMismatch(Conflict):
    """The personal ID is known for a person with another name, birthday or sex. It says nothing else of them."""

    code = "identity-mismatch"
    title = "The sign-up cannot be accepted: ask the agency"
    remedy = (
        "Compare personal ID, name, birthday and sex with the citizen's card, and correct what you have sent, also in"
        " earlier sign-ups of yours. If all is right, give the agency the reference that `detail` names; once it has"
        " decided, send the sign-up again."
    )
    case_id: UUID | None = None
    participant_id: UUID
    """Whose ID it is: never shown. Set by whoever knows it."""
    was_known = False
    """Whether the same claim was made before."""

    def __init__(self) -> None:
        super().__init__("this sign-up cannot be accepted: ask the agency")

    @classmethod
    def of(cls, case_id: UUID, *, was_known: bool = False) -> IdentityMismatch:
        """With the reference of the case that the agency can look up."""
        error = cls()
        error.detail = (
            "this sign-up cannot be accepted: compare it with the citizen's card; if it is right, ask the agency, with"
            f" the reference {case_id}"
        )
        error.case_id, error.was_known = case_id, was_known
        return error


class TooManyMismatches(TooMany):
    """The organisation has opened so many cases within the hour that no more are, for now."""

    code = "too-many-mismatches"
    title = "Too many sign-ups did not name the person whom their personal ID is known for"
    remedy = (
        "Compare what you have sent with the citizens' cards. If it is right, send it again after the seconds that"
        " `detail` names (`Retry-After`); sign-ups of other people are taken meanwhile."
    )

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "this sign-up cannot be accepted, nor could many before it: compare it with the citizen's card; if it is"
            f" right, send it again after {seconds} s"
        )
        self.retry_after = seconds


class CaseIsDecided(Conflict):
    """The agency has decided the case before."""

    code = "case-decided"
    title = "The case was decided before"
    remedy = "Read the case: who has decided it, when and why."


class CoversOverlap(Conflict):
    """The person who is claimed would be covered twice for the same days, by sign-ups that were of two participants."""

    code = "covers-overlap"
    title = "The person would be covered twice"
    remedy = "Let one of the sign-ups that `detail` names be corrected or cancelled, then accept the case."

    def __init__(self, one: UUID, other: UUID) -> None:
        super().__init__(f"the sign-ups {one} and {other} would cover the person twice for the same days")


def folded_name(name: str) -> str:
    """The name without what people write differently: case, accents, blanks, hyphens and other signs."""
    plain = unicodedata.normalize("NFKD", name.casefold()).translate(_D_WITH_STROKE)
    return "".join(character for character in plain if character.isalnum())


def agrees(known: Participant, claimed: Participant) -> bool:
    """Whether both are one person: name (but for case, accents and blanks), birthday and sex are the same."""
    if (known.born_on, known.sex) != (claimed.born_on, claimed.sex):
        return False
    # Most are written alike; to fold a name takes longer than all else.
    return known.full_name == claimed.full_name or folded_name(known.full_name) == folded_name(claimed.full_name)


def differences(known: Participant, claimed: Participant) -> list[IdentityField]:
    """The names of what says that they are not one person: for the agency alone."""
    pairs = zip(_FIELDS, _identity(known), _identity(claimed), strict=True)
    return [name for name, one, other in pairs if one != other]


def names_other_person(before: Participant, after: Participant) -> bool:
    """Whether a correction changes who is meant: the personal ID, or what is compared with it."""
    return before.personal_id != after.personal_id or not agrees(before, after)


def same_claim(one: Participant, other: Participant) -> bool:
    """Whether two sign-ups claim the same: then they belong to one case."""
    return one.personal_id == other.personal_id and agrees(one, other)


def seconds_until_next(opened: Sequence[datetime], now: datetime, most: int) -> int | None:
    """After how many seconds the organisation may open another case; None where it may now.

    `opened` are the times of its newest cases, `most` how many it may open within LIMITED_OVER.
    """
    recent = sorted((at for at in opened if at > now - LIMITED_OVER), reverse=True)
    if len(recent) < most:
        return None
    return max(1, ceil((recent[most - 1] + LIMITED_OVER - now).total_seconds()))


@dataclass(frozen=True, slots=True)
class Claim:
    """Who is said to be the person of a personal ID that is the participant's, by whom, and in which sign-up."""

    participant_id: UUID
    organisation_code: str
    collector_code: str
    external_ref: str
    person: Participant


@dataclass(frozen=True, slots=True)
class Case:
    """A sign-up that names another person than the one whom its personal ID is known for: its `claim`."""

    id: UUID
    claim: Claim
    opened_at: datetime
    status: CaseStatus = "open"
    version: int = 1

    def decided(self, verdict: Verdict, version: int) -> Case:
        """The case in its next version. One that was rejected may still be accepted, where that was an error. Raises
        StaleVersion, CaseIsDecided."""
        if version != self.version:
            raise StaleVersion.of("the case", self.version, version)
        if self.status not in _FROM[verdict]:
            raise CaseIsDecided(f"the case was decided before: it is {self.status}")
        return replace(self, status=_TO[verdict], version=version + 1)

    def stands_for(self, claim: Claim) -> bool:
        """Whether that claim, sent again, is this case: also where the agency has rejected it."""
        mine = self.claim
        return (
            self.status != "accepted"
            and (mine.organisation_code, mine.participant_id) == (claim.organisation_code, claim.participant_id)
            and same_claim(mine.person, claim.person)
        )


def is_unusual(cases: int, sign_ups: int, other_cases: int, other_sign_ups: int) -> bool:
    """Whether a collector has many more cases than their sign-ups let expect, by those of all others: three at least,
    and more than three standard deviations (of a Poisson distribution) above it. Our own rule."""
    expected = (cases + sign_ups) * other_cases / max(1, other_cases + other_sign_ups)
    return cases >= _FEWEST_UNUSUAL and cases > expected + 3 * sqrt(expected)


def _identity(person: Participant) -> tuple[str, date, Sex]:
    return folded_name(person.full_name), person.born_on, person.sex
