"""The content of a mail: what lags, how far it has come, how far it should be, and what is needed now."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, parseaddr

from notifications.channels.mail.headers import display_name, one_line, subject_text
from notifications.domain.alert import ChangeKind
from notifications.domain.delivery import Refused
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import OutgoingMessage
from services.clock import BUSINESS_ZONE
from services.vocabulary import SHARES, Measure, Scheme

_POLICY = compat32.clone(linesep="\r\n")

_SCHEMES: dict[Scheme, str] = {
    "household_health": "household health insurance",
    "voluntary_social": "voluntary social insurance",
}
_MEASURES: dict[Measure, str] = {
    "new": "new participants",
    "renewal": "renewals",
    "in_force": "participants in force",
    "coverage": "coverage",
}
_OPENINGS: Mapping[ChangeKind, str] = {
    "raised": "{unit} lags behind its target.",
    "worsened": "{unit} lags more gravely behind its target than before.",
    "resolved": "{unit} has caught up with its target. Nothing more is to be done about this alert.",
}
_WITHDRAWN = "The target of {unit} was withdrawn. Nothing more is to be done about this alert."
_NEVER_REPORTED = (
    "{unit} fell behind its target and has caught up again before this mail was sent. Nothing is to be done about it."
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, ready to be sent. `sender` is the bare address; `content` has CRLF line ends."""

    sender: str
    subject: str
    content: bytes


def compose_or_refuse(message: OutgoingMessage, sender: str) -> Mail | Refused:
    """The mail; refused where it cannot be composed, since no later attempt could compose it either."""
    try:
        return compose_mail(message, sender)
    except Exception as error:  # noqa: BLE001 - whatever the reason, nothing was sent
        return Refused(f"the mail cannot be composed: {error!r}")


def compose_mail(message: OutgoingMessage, sender: str) -> Mail:
    """The mail. Its Message-ID and Date are those of the delivery, so that each attempt sends the same mail."""
    name, address = parseaddr(sender)
    subject = subject_of(message.alert, message.change)
    mime = MIMEText(_body(message), "plain", "utf-8", policy=_POLICY)
    mime["From"] = f"{display_name(name)} <{address}>" if name else address
    mime["To"] = message.address
    mime["Subject"] = subject_text(subject)
    mime["Date"] = format_datetime(message.queued_at)
    mime["Message-ID"] = f"<{message.id}@{address.rpartition('@')[2]}>"
    mime["Auto-Submitted"] = "auto-generated"
    return Mail(address, subject, mime.as_bytes())


def subject_of(alert: AlertSnapshot, change: ChangeKind) -> str:
    """Such as `[CRITICAL] Xã Cẩm Thạch: 6.2% of the way, 27% expected (household health insurance, coverage)`."""
    what = f"({_SCHEMES[alert.scheme]}, {_MEASURES[alert.measure]})"
    if change == "resolved" and alert.resolution == "withdrawn":
        return f"[RESOLVED] {_unit(alert)}: target withdrawn {what}"
    if change == "resolved":
        return f"[RESOLVED] {_unit(alert)}: {_percent(alert.figures.attained)} of the way {what}"
    way = f"{_percent(alert.figures.attained)} of the way, {_percent(alert.figures.expected)} expected"
    return f"[{alert.severity.upper()}] {_unit(alert)}: {way} {what}"


def _body(message: OutgoingMessage) -> str:
    alert = message.alert
    lines = [f"{name + ':':<15}{value}" for name, value in _facts(alert)]
    opening = _opening(message).format(unit=_unit(alert))
    return "\n".join([opening, "", *lines, "", *_to_do(alert, message.change)])


def _opening(message: OutgoingMessage) -> str:
    if message.change == "resolved" and message.alert.resolution == "withdrawn":
        return _WITHDRAWN
    never_reported = message.change == "resolved" and (message.is_first or message.alert.version == 1)
    return _NEVER_REPORTED if never_reported else _OPENINGS[message.change]


def _to_do(alert: AlertSnapshot, change: ChangeKind) -> list[str]:
    if change == "resolved" or alert.status != "open":
        return []
    how = f'POST /v1/alerts/{alert.id}/acknowledgement {{"version": {alert.version}}}'
    return ["Nobody has acknowledged this alert yet. To acknowledge it:", how, ""]


def _facts(alert: AlertSnapshot) -> Iterator[tuple[str, str]]:
    figures = alert.figures
    attained, expected = _percent(figures.attained), _percent(figures.expected)
    yield "Unit", _subject(alert)
    yield "Target", _target(alert)
    yield "Reached", f"{_amount(alert, figures.achieved)} on {figures.on:%Y-%m-%d}"
    yield "Progress", f"{attained} of the way to the target; {expected} was expected by now"
    yield "Short by", f"{figures.short_by:,} persons"
    if figures.needed_per_day is not None:
        yield "Needed", f"{figures.needed_per_day:,.1f} persons a day until {alert.ends_on:%Y-%m-%d}"
    yield "Severity", alert.severity
    yield "Since", f"{alert.raised_at.astimezone(BUSINESS_ZONE):%Y-%m-%d %H:%M} (Asia/Ho_Chi_Minh)"
    yield "Alert", f"{alert.id}, version {alert.version}"


def _target(alert: AlertSnapshot) -> str:
    what = f"{_amount(alert, alert.figures.value)} {_MEASURES[alert.measure]}, {_SCHEMES[alert.scheme]}"
    period = f"{alert.starts_on:%Y-%m-%d} to {alert.ends_on:%Y-%m-%d}"
    return f"{one_line(alert.target_name)}: {what}, {period}" if alert.target_name else f"{what}, {period}"


def _amount(alert: AlertSnapshot, value: float) -> str:
    return _percent(value) if alert.measure in SHARES else f"{math.ceil(value):,}"


def _percent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


def _unit(alert: AlertSnapshot) -> str:
    return one_line(alert.unit_name) or _codes(alert) or "A target"


def _subject(alert: AlertSnapshot) -> str:
    return f"{one_line(alert.unit_name)} ({_codes(alert)})" if alert.unit_name else _codes(alert)


def _codes(alert: AlertSnapshot) -> str:
    subject = alert.subject
    named = (
        ("", subject.unit_code),
        ("organisation ", subject.organisation_code),
        ("collector ", subject.collector_code),
    )
    return ", ".join(f"{kind}{one_line(code)}" for kind, code in named if code)
