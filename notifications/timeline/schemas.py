"""Pages of timelines."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, Field

from notifications.domain.alert import EntryKind, Status
from notifications.messages.alert_snapshot import ShownPerson
from notifications.tables.timeline import TimelineRow
from services.shown import SeverityWord, ShownText, ShownTime, ShownVersion
from services.web.fields import digits
from services.web.lists import AFTER, ListQuery, Page

_MOST: Final = 10**15


class TimelineQuery(ListQuery):
    """`after` is the `next` of the page before."""

    after: Annotated[int, digits(least=0, most=_MOST)] = Field(0, description=AFTER, examples=[17])


class TimelineEntry(BaseModel):
    """One thing that happened. `status`, `severity` and `version` are those of the alert right after it."""

    at: ShownTime = Field(description="When it happened, in UTC")
    kind: EntryKind = Field(
        description="What happened. `updated`: facts of the target, that nobody is notified of; `timed_out`: the "
        "acknowledgement",
        examples=["acknowledged"],
    )
    by: ShownPerson | None = Field(description="Who did it; null where nobody did")
    reason: ShownText = Field(description="Why, for people to read", examples=["the target lags"])
    note: ShownText | None = Field(description="What was written about it", examples=["We visit each household"])
    status: Status = Field(description="What became of the alert", examples=["open"])
    severity: SeverityWord
    version: ShownVersion | None = Field(
        description="The version of the alert; null where it was not kept", examples=[1]
    )


class Timeline(Page[TimelineEntry]):
    """What has become of an alert, the oldest first."""


def entry_of(row: TimelineRow) -> TimelineEntry:
    """The entry as it is shown."""
    shown = row.model_dump(include={"at", "kind", "reason", "note", "status", "severity", "version"})
    return TimelineEntry(**shown, by=_person_of(row))


def _person_of(row: TimelineRow) -> ShownPerson | None:
    if row.organisation_code is None or row.subject is None:
        return None
    return ShownPerson(subject=row.subject, name=row.name, organisation_code=row.organisation_code)
