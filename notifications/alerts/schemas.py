"""Queries and pages of alerts."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from notifications.domain.alert import Status
from notifications.messages.alert_snapshot import AlertSnapshot
from services.shown import SchemeWord, SeverityWord
from services.web.fields import AN_ID, CollectorCode, Day, Id, OrganisationCode, UnitCode, Words, digits
from services.web.lists import AFTER, ListQuery, Page, QueryParameters

MOST_LEVEL: Final = 100


class AlertFilters(QueryParameters):
    """Which alerts; `under` is the code of a registered unit: that of the alert or one above it."""

    status: Status | None = Field(None, description="Only those of this status", examples=["open"])
    under: UnitCode | None = Field(None, description="Only those of this unit and of those below it")
    severity: SeverityWord | None = Field(None, description="Only those of this severity")
    organisation_code: OrganisationCode | None = Field(
        None, description="Only those of this organisation, of those below it and of their collectors"
    )
    collector_code: CollectorCode | None = Field(None, description="Only those of targets of this collector")
    scheme: SchemeWord | None = Field(None, description="Only those of this scheme")
    target_id: Id | None = Field(None, description="Only those of this target", examples=[AN_ID])
    min_level: Annotated[int, digits(least=1, most=MOST_LEVEL)] | None = Field(
        None, description="Only those that were escalated so often at least since they were raised", examples=[1]
    )
    report_due_before: Day | None = Field(
        None,
        description="Only those whose report has not come and is due before this day begins in Vietnam: with the "
        "Monday to come, those that are due this week, and overdue ones",
        examples=["2025-10-27"],
    )
    text: Words | None = Field(
        None,
        description="Only those where each of these words begins a word of the names of unit, target and organisation, "
        "or of the codes of unit, organisation and collector, whatever case and marks they have",
        examples=["cam thach"],
    )


class AlertQuery(AlertFilters, ListQuery):
    """Which part of the list of alerts; `after` is the `next` of the page before."""

    after: Id | None = Field(None, description=AFTER, examples=[AN_ID])


class AlertPage(Page[AlertSnapshot]):
    """Alerts, newest first."""
