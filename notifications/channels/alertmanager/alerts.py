"""Alerts as Alertmanager knows them: labels that identify one, annotations for people, begin and end. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, get_args

from notifications.channels.mail.compose import LANGUAGES
from notifications.channels.mail.facts import by
from notifications.channels.mail.subject import headline
from notifications.channels.mail.text import few_lines
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import Notice, OutgoingMessage, RouteTest
from services.vocabulary import Severity

ALERTNAME: Final = "TargetBehind"
TEST_ALERTNAME: Final = "DriveRouteTest"
_KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Alert:
    """`ends_at` is None while it is open; `kept_until` is when whoever hears no more of an open one may forget it."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None
    kept_until: datetime
    url: str | None


def alerts_of(message: OutgoingMessage, public_url: str | None) -> list[Alert]:
    """The alerts of a message: the same in each attempt."""
    if message.test:
        return [_of_test(message, message.test)]
    return [alert for notice in message.notices for alert in _of_notice(notice, message, public_url)]


def _of_test(message: OutgoingMessage, test: RouteTest) -> Alert:
    """It ends as it begins, so that it wakes nobody up."""
    languages = LANGUAGES[message.language]
    annotations = {
        "summary": languages[0].test_title.format(route=message.route_name),
        "description": "\n\n".join(words.test_opening.format(route=message.route_name) for words in languages),
    }
    labels = {"alertname": TEST_ALERTNAME, "route": message.route_name}
    return Alert(labels, annotations, test.at, test.at, test.at, url=None)


def _of_notice(notice: Notice, message: OutgoingMessage, public_url: str | None) -> Iterator[Alert]:
    """Severity is a label, so that an alert of another severity is another one: that ends where this has worsened."""
    alert, changed_at = notice.alert, notice.alert.changed_at or notice.queued_at
    for severity in get_args(Severity):
        is_this = severity == alert.severity
        if not is_this and notice.change not in ("worsened", "resolved"):
            continue
        over_at = alert.resolved_at or changed_at
        yield Alert(
            labels=_labels(alert, severity, message.group_code),
            annotations=_annotations(notice, message),
            starts_at=alert.raised_at,
            ends_at=over_at if notice.change == "resolved" or not is_this else None,
            kept_until=_kept_until(notice),
            url=f"{public_url}/v1/alerts/{alert.id}" if public_url else None,
        )


def _kept_until(notice: Notice) -> datetime:
    """A week after the target's end, or after this message where that is later."""
    end = datetime.combine(notice.alert.ends_on, time(), UTC)
    return max(end, notice.queued_at) + _KEPT


def _labels(alert: AlertSnapshot, severity: str, group: str | None) -> dict[str, str]:
    subject = alert.subject
    labels = {
        "alertname": ALERTNAME,
        "alert": str(alert.id),
        "severity": severity,
        "scheme": alert.scheme,
        "measure": alert.measure,
        "target": str(alert.target_id),
        "unit": subject.unit_code,
        "organisation": subject.organisation_code or alert.owner,
        "collector": subject.collector_code,
        "group": group,
    }
    return {name: value for name, value in labels.items() if value}


def _annotations(notice: Notice, message: OutgoingMessage) -> dict[str, str]:
    languages = LANGUAGES[message.language]
    annotations = {
        "summary": headline(notice, languages[0]),
        "description": "\n\n".join("\n".join(few_lines(notice, words)) for words in languages),
    }
    if notice.alert.acknowledged_by:
        annotations["acknowledged_by"] = by(notice.alert, languages[0])
    return annotations
