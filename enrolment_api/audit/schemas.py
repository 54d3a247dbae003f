"""Queries and answers of the audit trail."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from enrolment_api.audit.queries import Filters
from enrolment_api.domain.audit import Action, Entry
from services.errors import Invalid
from services.security.claims import LONGEST_TEXT
from services.shown import ShownId, ShownOrganisation, ShownText, ShownTime, shown, shown_list
from services.web.fields import AN_ID, Day, Id, OrganisationCode, Text, digits
from services.web.lists import AFTER, ListQuery, Page

LAST_SEQ = 10**18 - 1
A_HASH = "9c1185a5c5e9fc54612808977ee8f5489c1185a5c5e9fc54612808977ee8f548"


class AuditQuery(ListQuery):
    """Which entries of the trail to list; `after` is the `next` of the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Day | None = Field(
        None, alias="from", description="Only what was shown on this day or later", examples=["2025-10-01"]
    )
    until: Day | None = Field(
        None, alias="to", description="Only what was shown on this day or before", examples=["2025-10-31"]
    )
    organisation_code: OrganisationCode | None = Field(
        None, description="Only what this organisation was shown", examples=["BD-CAM-THUY"]
    )
    subject: Text | None = Field(
        None, description="Only what this person or client was shown: the `sub` of the token", examples=["CT"]
    )
    action: Action | None = Field(None, description="Only what was shown in this way", examples=["read"])
    enrolment_id: Id | None = Field(None, description="Only where this sign-up was shown", examples=[AN_ID])
    case_id: Id | None = Field(None, description="Only where this case of identity was shown", examples=[AN_ID])
    after: Annotated[int, digits(least=0, most=LAST_SEQ)] | None = Field(None, description=AFTER, examples=[1234])

    def filters(self) -> Filters:
        """As the list is read. Raises Invalid for what contradicts itself."""
        if self.since and self.until and self.since > self.until:
            raise Invalid.field("/query/from", f"must not be after to, {self.until}")
        return Filters(**self.model_dump(exclude={"limit"}))


class AuditEntry(BaseModel):
    """Somebody was shown personal data in clear."""

    seq: int = shown("Its number, from 1, without gaps", 1234, minimum=1, maximum=LAST_SEQ, format="int64")
    at: ShownTime = Field(description="When, in UTC")
    organisation_code: ShownOrganisation = Field(description="The organisation that the token acts for")
    subject: str = shown("The person or client that the token was issued to", "CT", maxLength=LONGEST_TEXT)
    action: Action = Field(
        description="How: `read` by its id, in a `list`, a `search` or an `export`; by the answer to a `change` of it,"
        " or to a request that was sent again (`replay`). `mismatch`: a sign-up named another person than its personal"
        " ID is known for; `probe`: a sign-up was cancelled whose person others have signed up, too",
        examples=["read"],
    )
    route: ShownText = Field(description="Method and route", examples=["GET /v1/enrolments/{enrolment_id}"])
    ids: list[ShownId] = shown_list("What was shown: ids of sign-ups, or of cases", [AN_ID], most=10_000)
    filters: dict[str, ShownText] = Field(
        description="Parameters by which they were chosen; `given` in place of values that partners choose freely",
        examples=[{"unit_code": "15142"}],
        json_schema_extra={"maxProperties": 100},
    )
    correlation_id: ShownText = Field(description="The `X-Request-Id` of the request")
    hash: str = shown("SHA-256 over the hash before it and the entry", A_HASH, maxLength=64)


class AuditPage(Page[AuditEntry]):
    """Entries in the order in which they were written."""


def view_of_entry(entry: Entry) -> AuditEntry:
    """The entry as it is shown."""
    note = entry.note
    return AuditEntry(
        seq=entry.seq,
        at=note.at,
        organisation_code=note.organisation_code,
        subject=note.subject,
        action=note.action,
        route=note.route,
        ids=list(note.ids),
        filters=dict(note.filters),
        correlation_id=note.correlation_id,
        hash=entry.hash.hex(),
    )
