"""The words of a mail: what lags, how far it has come, how far it should be, and what is needed now."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from email.header import Header
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, parseaddr

from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import OutgoingMessage
from services.clock import BUSINESS_ZONE
from services.vocabulary import Measure, Scheme

_POLICY = compat32.clone(linesep="\r\n")
_PLAIN = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~.,:;()\[\]-]{0,200}")
_WORDS = re.compile(r"[A-Za-z0-9 -]{1,200}")
_LONGEST_LINE = 76
_NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories: control characters, half surrogate pairs, line and paragraph separators."""

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
_OPENINGS = {
    "raised": "{unit} lags behind its target.",
    "worsened": "{unit} lags more gravely behind its target than before.",
    "resolved": "{unit} has caught up with its target. Nothing more is to be done about this alert.",
}
_CAME_AND_WENT = (
    "{unit} fell behind its target and has caught up again before this could be told. Nothing is to be done about it."
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, ready to be sent. `sender` is the bare address; `content` has CRLF line ends."""

    sender: str
    subject: str
    content: bytes


def compose_mail(message: OutgoingMessage, sender: str) -> Mail:
    """The mail. Its Message-ID and Date are those of the delivery, so that each attempt sends the same letter."""
    alert = AlertSnapshot.model_validate(message.alert)
    name, address = parseaddr(sender)
    subject = subject_of(alert, message.change)
    mime = MIMEText(_body(alert, message), "plain", "utf-8", policy=_POLICY)
    mime["From"] = f"{_phrase(name)} <{address}>" if name else address
    mime["To"] = message.address
    mime["Subject"] = subject_text(subject)
    mime["Date"] = format_datetime(message.queued_at)
    mime["Message-ID"] = f"<{message.id}@{address.rpartition('@')[2]}>"
    mime["Auto-Submitted"] = "auto-generated"
    return Mail(address, subject, mime.as_bytes())


def subject_text(text: str) -> str:
    """The text as the header Subject must hold it to be shown as it is: one line, encoded (RFC 2047) unless plain.

    We encode it ourselves, since Python's newer policies first decode what looks encoded already (cpython#121650): a
    name such as `=?utf-8?q?a=0D=0ABcc=3A_b?=` would transition into a header of its own, or into another name.
    """
    line = one_line(text)
    if _PLAIN.fullmatch(line) and "=?" not in line:
        return line
    return _encoded(line, "Subject")


def _phrase(name: str) -> str:
    """The display name of an address, where punctuation has a meaning (RFC 5322, 3.2.5): encoded unless it has none."""
    line = one_line(name)
    return line if _WORDS.fullmatch(line) else _encoded(line, "From")


def _encoded(line: str, header: str) -> str:
    """Encoded words (RFC 2047, 2), the first of them short enough to stand beside the header's name."""
    return Header(line, "utf-8", header_name=header, maxlinelen=_LONGEST_LINE).encode(linesep="\r\n")


def subject_of(alert: AlertSnapshot, change: str) -> str:
    """Such as `[CRITICAL] Xã Cẩm Thạch: 6.2% of the way, 27% expected (household health insurance, coverage)`."""
    what = f"({_SCHEMES[alert.scheme]}, {_MEASURES[alert.measure]})"
    if change == "resolved":
        return f"[RESOLVED] {_unit(alert)}: {_percent(alert.figures.attained)} of the way {what}"
    way = f"{_percent(alert.figures.attained)} of the way, {_percent(alert.figures.expected)} expected"
    return f"[{alert.severity.upper()}] {_unit(alert)}: {way} {what}"


def _body(alert: AlertSnapshot, message: OutgoingMessage) -> str:
    lines = [f"{name + ':':<15}{value}" for name, value in _facts(alert)]
    came_and_went = message.change == "resolved" and (message.is_first or message.alert_version == 1)
    opening = _CAME_AND_WENT if came_and_went else _OPENINGS[message.change]
    return "\n".join([opening.format(unit=_unit(alert)), "", *lines, "", *_to_do(alert, message.change)])


def _to_do(alert: AlertSnapshot, change: str) -> list[str]:
    if change == "resolved" or alert.status != "open":
        return []
    how = f'POST /v1/alerts/{alert.id}/acknowledgement {{"version": {alert.version}}}'
    return ["Nobody has taken this on yet. Whoever does, tells the others:", how, ""]


def _facts(alert: AlertSnapshot) -> list[tuple[str, str]]:
    figures = alert.figures
    since = alert.raised_at.astimezone(BUSINESS_ZONE)
    facts = [
        ("Unit", _subject(alert)),
        ("Target", _target(alert)),
        ("Reached", f"{_amount(alert, figures.achieved)} on {figures.on:%Y-%m-%d}"),
        (
            "Progress",
            f"{_percent(figures.attained)} of the way to the target; {_percent(figures.expected)} was expected by now",
        ),
        ("Short by", f"{figures.short_by:,} persons"),
        ("Severity", alert.severity),
        ("Since", f"{since:%Y-%m-%d %H:%M} (Asia/Ho_Chi_Minh)"),
        ("Alert", f"{alert.id}, version {alert.version}"),
    ]
    if figures.needed_per_day is not None:
        facts.insert(
            5, ("Needed", f"{figures.needed_per_day:,.1f} persons a working day until {alert.ends_on:%Y-%m-%d}")
        )
    return facts


def _target(alert: AlertSnapshot) -> str:
    what = f"{_amount(alert, alert.figures.value)} {_MEASURES[alert.measure]}, {_SCHEMES[alert.scheme]}"
    period = f"{alert.starts_on:%Y-%m-%d} to {alert.ends_on:%Y-%m-%d}"
    return f"{one_line(alert.target_name)}: {what}, {period}" if alert.target_name else f"{what}, {period}"


def _amount(alert: AlertSnapshot, value: float) -> str:
    return _percent(value) if alert.measure == "coverage" else f"{value:,.0f}"


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


def one_line(text: str | None) -> str:
    """Without line breaks and other control characters, of which a name needs none."""
    spaced = "".join(" " if unicodedata.category(c) in _NO_TEXT else c for c in text or "")
    return " ".join(spaced.split())
