"""Links by which whoever gets a mail answers an alert without an account: what they are for, and how long. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.errors import Forbidden, NotFound, TooMany

LIFETIME: Final = timedelta(days=14)
AFTER_THE_REPORT_IS_DUE: Final = timedelta(days=7)
"""A link is good for so long at least, since reports come late, too."""
MOST_ANSWERS: Final = 10
"""By the links of one route, of one alert, within `ANSWERS_WITHIN`."""
ANSWERS_WITHIN: Final = timedelta(hours=1)


class NoSuchLink(NotFound):
    """The token was not made by this service for this purpose, or its alert is no more."""

    code = "no-such-link"
    title = "There is no such link"
    remedy = "Open the link of the mail itself, as a whole; where it is broken over lines, copy all of them."


class LinkIsOver(NotFound):
    """Its time is over."""

    code = "link-is-over"
    title = "The link has expired"
    remedy = "Use the link of the newest mail about this alert, or ask the social insurance agency."


class LinkRevoked(NotFound):
    """The route that it was sent to is no more, or goes to another address."""

    code = "link-revoked"
    title = "The link is no longer valid"
    remedy = "Ask the social insurance agency: alerts are sent to another address now."


class FormNotConfirmed(Forbidden):
    """The form was not sent by the page that this browser was shown."""

    code = "form-not-confirmed"
    title = "The form was not sent from its page"
    remedy = "Let the browser keep cookies of this page, and send the form again."


class TooManyAnswers(TooMany):
    """The link was used more often than people do."""

    code = "too-many-answers"
    title = "The alert was answered too often by this link"
    remedy = "Wait for an hour; what was sent before is recorded."


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """What a link says: to answer this alert, for whoever gets what is sent to this route, until then. `recipient` is a
    keyed hash of the route's address."""

    alert_id: UUID
    route_name: str
    recipient: str
    ends_at: datetime


def end_of_link(queued_at: datetime, report_due_at: datetime | None) -> datetime:
    """Until when a link is good that is in a mail of that time."""
    least = queued_at + LIFETIME
    return max(least, report_due_at + AFTER_THE_REPORT_IS_DUE) if report_due_at else least


def subject_of(route_name: str) -> str:
    """The id under which alerts and timelines name whoever answers by a link."""
    return f"link:{route_name}"


def check_rate(answers: int) -> None:
    """Raises TooManyAnswers after so many within `ANSWERS_WITHIN`."""
    if answers >= MOST_ANSWERS:
        hours = ANSWERS_WITHIN.total_seconds() / 3600
        refused = TooManyAnswers(f"the alert was answered {answers} times within {hours:.0f} h by links of this route")
        refused.retry_after = int(ANSWERS_WITHIN.total_seconds())
        raise refused
