"""Queries and pages of alerts."""

from __future__ import annotations

from pydantic import Field

from notifications.domain.alert import Status
from notifications.messages.alert_snapshot import AlertSnapshot
from services.shown import SchemeWord, SeverityWord
from services.web.fields import AN_ID, CollectorCode, Id, OrganisationCode, UnitCode
from services.web.lists import AFTER, ListQuery, Page


class AlertQuery(ListQuery):
    """`under` is the code of a registered unit: that of the alert or one above it; `after` is the `next` of the page
    before."""

    status: Status | None = Field(None, description="Only those of this status", examples=["open"])
    under: UnitCode | None = Field(None, description="Only those of this unit and of those below it")
    severity: SeverityWord | None = Field(None, description="Only those of this severity")
    organisation_code: OrganisationCode | None = Field(
        None, description="Only those of this organisation, of those below it and of their collectors"
    )
    collector_code: CollectorCode | None = Field(None, description="Only those of targets of this collector")
    scheme: SchemeWord | None = Field(None, description="Only those of this scheme")
    after: Id | None = Field(None, description=AFTER, examples=[AN_ID])


class AlertPage(Page[AlertSnapshot]):
    """Alerts, newest first."""
