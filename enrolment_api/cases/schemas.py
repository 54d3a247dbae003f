"""Queries and answers of cases of identity."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, Field

from enrolment_api.cases.queries import CaseDecision, Filters, FoundCase
from enrolment_api.domain.identity import CaseStatus, differences
from enrolment_api.people.person_view import ParticipantView, person_view
from services.security.claims import LONGEST_TEXT
from services.shown import (
    ShownCode,
    ShownCollector,
    ShownId,
    ShownOrganisation,
    ShownText,
    ShownTime,
    ShownVersion,
    shown,
    shown_list,
)
from services.web.fields import AN_ID, CollectorCode, Id, OrganisationCode
from services.web.lists import AFTER, ListQuery, Page

CaseStatusWord: TypeAlias = Annotated[
    CaseStatus,
    Field(
        description="`open`; `accepted`: the claim is right, the personal ID is that person's; `rejected`: it is wrong",
        examples=["open"],
    ),
]
_DIFFERS: Final[Any] = shown_list("What the claim says otherwise than is known now", ["full_name"], most=3)


class CaseQuery(ListQuery):
    """Which cases to list; `after` is the `next` of the page before."""

    status: CaseStatus | None = Field(None, description="Only those that became this", examples=["open"])
    organisation_code: OrganisationCode | None = Field(
        None, description="Only those of this organisation's sign-ups", examples=["BD-CAM-THUY"]
    )
    collector_code: CollectorCode | None = Field(None, description="Only those of this collector's sign-ups")
    after: Id | None = Field(None, description=AFTER, examples=[AN_ID])

    def filters(self) -> Filters:
        """As the list is read."""
        return Filters(**self.model_dump(exclude={"limit"}))


class DecisionView(BaseModel):
    """Who has decided, when and why."""

    at: ShownTime = Field(description="When, in UTC")
    organisation_code: ShownOrganisation = Field(description="Code of the organisation")
    subject: str = shown("Id of the person or client", "hoa.le", maxLength=LONGEST_TEXT)
    reason: ShownText | None = Field(description="Why, where a reason was given")


class CaseView(BaseModel):
    """A sign-up that names another person than its personal ID is known for. It was refused, and is not recorded."""

    id: ShownId = Field(description="The reference that the refusal named")
    version: ShownVersion
    status: CaseStatusWord
    organisation_code: ShownOrganisation = Field(description="Code of the organisation that sent it")
    collector_code: ShownCollector
    external_ref: ShownCode = Field(description="The partner's own number of the sign-up", examples=["CT-0001"])
    opened_at: ShownTime = Field(description="When it was sent first, in UTC")
    claimed: ParticipantView = Field(description="The person whom the sign-up names")
    known: ParticipantView = Field(description="The person whom the personal ID is known for now")
    differs: list[Literal["full_name", "born_on", "sex"]] = _DIFFERS
    decision: DecisionView | None = Field(description="The newest decision, where there is one")


class CasePage(Page[CaseView]):
    """Cases in the order in which they were opened."""


def view_of_case(found: FoundCase, *, clear: bool) -> CaseView:
    """The case; what identifies the people is masked unless `clear`."""
    case, claim = found.case, found.case.claim
    return CaseView(
        id=case.id,
        version=case.version,
        status=case.status,
        organisation_code=claim.organisation_code,
        collector_code=claim.collector_code,
        external_ref=claim.external_ref,
        opened_at=case.opened_at,
        claimed=person_view(claim.person, clear=clear),
        known=person_view(found.known, clear=clear),
        differs=differences(found.known, claim.person),
        decision=_decision(found.decision) if found.decision else None,
    )


def _decision(decision: CaseDecision) -> DecisionView:
    return DecisionView(
        at=decision.at,
        organisation_code=decision.organisation_code,
        subject=decision.subject,
        reason=decision.reason,
    )
