"""Open cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from enrolment_api.cases import store
from enrolment_api.domain.identity import Case, Claim, IdentityMismatch, TooManyMismatches, seconds_until_next
from enrolment_api.domain.sign_up import SignUp
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.locks import CASES
from services.context import Context
from services.ids import new_id
from services.persistence.locks import take
from services.persistence.unit_of_work import UnitOfWork

Refusal: TypeAlias = IdentityMismatch | TooManyMismatches
Known: TypeAlias = dict[tuple[str, UUID], list[Case]]
"""Cases by organisation and participant."""


def claim_of(sign_up: SignUp, participant_id: UUID) -> Claim:
    """What the sign-up says of the participant whose personal ID it names."""
    codes = (sign_up.organisation_code, sign_up.collector_code, sign_up.external_ref)
    return Claim(participant_id, *codes, sign_up.participant)


async def open_cases(
    work: UnitOfWork, context: Context, claims: Sequence[Claim], most_an_hour: int, keys: PeopleKeys
) -> list[Refusal]:
    """How each claim is refused: with the reference of its case, which is opened where there is none yet and its
    organisation may open one. Others who open cases wait until this unit of work has ended."""
    if not claims:
        return []
    await take(work, CASES)
    known: Known = {}
    for case in await store.of_claims(work, keys, claims):
        known.setdefault(_whose(case.claim), []).append(case)
    opened = await store.opened(work, {claim.organisation_code for claim in claims}, context.at)
    new: list[Case] = []
    refusals = []
    for claim in claims:
        of_person, times = known.setdefault(_whose(claim), []), opened[claim.organisation_code]
        refusals.append(refusal := _refusal(claim, of_person, times, context.at, most_an_hour))
        if isinstance(refusal, Case):
            of_person.append(refusal)
            times.append(context.at)
            new.append(refusal)
    await store.insert(work, keys, new)
    return [IdentityMismatch.of(each.id) if isinstance(each, Case) else each for each in refusals]


def _refusal(
    claim: Claim, known: Sequence[Case], opened: Sequence[datetime], now: datetime, most_an_hour: int
) -> Case | Refusal:
    """The case that is to be opened, where there is none of that claim among those of the person and the organisation,
    and where these have not `opened` too many."""
    if case := next((each for each in known if each.stands_for(claim)), None):
        return IdentityMismatch.of(case.id, was_known=True)
    if seconds := seconds_until_next(opened, now, most_an_hour):
        return TooManyMismatches(seconds)
    return Case(new_id(), claim, now)


def _whose(claim: Claim) -> tuple[str, UUID]:
    return claim.organisation_code, claim.participant_id
