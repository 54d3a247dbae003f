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
    known = await store.of_claims(work, keys, claims)
    before = len(known)
    opened = await store.opened(work, {claim.organisation_code for claim in claims}, context.at)
    refusals = [_refusal(claim, known, opened[claim.organisation_code], context, most_an_hour) for claim in claims]
    await store.insert(work, keys, known[before:])
    return refusals


def _refusal(claim: Claim, known: list[Case], opened: list[datetime], context: Context, most_an_hour: int) -> Refusal:
    """A case that is opened is added to `known`, its time to those of its organisation, `opened`."""
    if case := next((each for each in known if each.stands_for(claim)), None):
        return IdentityMismatch.of(case.id, was_known=True)
    if seconds := seconds_until_next(opened, context.at, most_an_hour):
        return TooManyMismatches(seconds)
    known.append(case := Case(new_id(), claim, context.at))
    opened.append(context.at)
    return IdentityMismatch.of(case.id)
