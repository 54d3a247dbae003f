"""A silence as it is put, and as it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Self

from pydantic import BaseModel, Field

from notifications.domain.silence import Silence, State
from notifications.messages.alert_snapshot import ShownPerson
from notifications.silences.queries import silence_of
from notifications.tables.silences import SilenceRow
from services.shown import SchemeWord, SeverityWord, ShownCode, ShownOrganisation, ShownText, ShownTime, ShownUnit
from services.web.fields import Code, Moment, OrganisationCode, Reason, RequestBody, UnitCode
from services.web.lists import AFTER, ListQuery, Page

_UNDER: Final = "Only alerts of this unit and of those below it"
_OF_ORGANISATION: Final = "Only alerts of targets of this organisation, of those below it and of their collectors"
_STATE: Final = "`pending`: it has not begun; `expired`: its time is over; `ended`: somebody ended it before"


class SilenceBody(RequestBody):
    """Nobody is notified of alerts for which all of its conditions hold; at least one is given."""

    under: UnitCode | None = Field(None, description=_UNDER, examples=["38"])
    organisation_code: OrganisationCode | None = Field(None, description=_OF_ORGANISATION)
    scheme: SchemeWord | None = Field(None, description="Only alerts of this scheme")
    severity: SeverityWord | None = Field(None, description="Only alerts of this severity")
    starts_at: Moment = Field(description="When it begins; may be past", examples=["2025-10-25T02:30:00Z"])
    ends_at: Moment = Field(description="When it ends, 90 days later at most", examples=["2025-10-27T02:30:00Z"])
    reason: Reason

    def silence(self, name: str) -> Silence:
        """As the rules take it."""
        return Silence(name, **self.model_dump(exclude={"reason"}))


class SilenceView(BaseModel):
    """A silence; it stays in the list once it is over."""

    name: ShownCode = Field(description="Its name", examples=["storm"])
    state: State = Field(description=_STATE, examples=["active"])
    under: ShownUnit | None = Field(description=_UNDER, examples=["38"])
    organisation_code: ShownOrganisation | None = Field(description=_OF_ORGANISATION)
    scheme: SchemeWord | None = Field(description="Only alerts of this scheme")
    severity: SeverityWord | None = Field(description="Only alerts of this severity")
    starts_at: ShownTime = Field(description="When it begins, in UTC")
    ends_at: ShownTime = Field(description="When it ends, in UTC")
    reason: ShownText = Field(description="Why", examples=["Storm: offices are closed"])
    put_by: ShownPerson = Field(description="Who put it last")
    put_at: ShownTime = Field(description="When that was, in UTC")
    ended_by: ShownPerson | None = Field(description="Who ended it before its time", examples=[None])
    ended_at: ShownTime | None = Field(description="When that was, in UTC", examples=[None])

    @classmethod
    def of(cls, row: SilenceRow, at: datetime) -> Self:
        """As it is at that time."""
        shown: dict[str, Any] = row.model_dump() | {"state": silence_of(row).state(at)}
        return cls.model_validate(shown)


class SilenceQuery(ListQuery):
    """`after` is the `next` of the page before."""

    after: Code | None = Field(None, description=AFTER, examples=["storm"])


class SilencePage(Page[SilenceView]):
    """Silences, by their names."""
