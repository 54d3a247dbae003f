"""Queries and pages of alerts, and the body of an acknowledgement."""

from __future__ import annotations

from notifications.domain.alert import Status
from notifications.messages.alert_snapshot import AlertSnapshot
from services.vocabulary import Severity
from services.web.fields import Code, Id, RequestBody, Version
from services.web.lists import ListQuery, Page


class AlertQuery(ListQuery):
    """`under` is the code of a registered unit: that of the alert or one above it; `after` is the `next` of the page
    before."""

    status: Status | None = None
    under: Code | None = None
    severity: Severity | None = None
    after: Id | None = None


class AlertPage(Page[AlertSnapshot]):
    """Alerts, newest first."""


class AcknowledgementBody(RequestBody):
    """`version` is that of the alert as the caller has seen it."""

    version: Version
