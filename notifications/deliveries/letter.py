"""The words of a mail: what lags, how far it has come, how far it should be, and what is needed now."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from notifications.alerts.schemas import AlertView
from notifications.deliveries.store import Parcel
from services.clock import BUSINESS_ZONE
from services.contracts.events import Measure, Scheme

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


def letter_of(parcel: Parcel, sender: str) -> EmailMessage:
    """The mail. Its Message-ID and Date are those of the delivery, so that each attempt sends the same letter."""
    alert = AlertView.model_validate(parcel.alert)
    letter = EmailMessage(policy=SMTP)
    letter["From"] = sender
    letter["To"] = parcel.address
    letter["Subject"] = subject_of(alert, parcel.change)
    letter["Date"] = format_datetime(parcel.queued_at)
    letter["Message-ID"] = f"<{parcel.id}@{sender.rpartition('@')[2].strip('<> ')}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(_body(alert, parcel.change), charset="utf-8")
    return letter


def subject_of(alert: AlertView, change: str) -> str:
    """Such as `[CRITICAL] Xã Cẩm Thạch: 6.2% of the way, 27% expected (household health insurance, coverage)`."""
    what = f"({_SCHEMES[alert.scheme]}, {_MEASURES[alert.measure]})"
    if change == "resolved":
        return f"[RESOLVED] {_unit(alert)}: {_percent(alert.figures.attained)} of the way {what}"
    way = f"{_percent(alert.figures.attained)} of the way, {_percent(alert.figures.expected)} expected"
    return f"[{alert.severity.upper()}] {_unit(alert)}: {way} {what}"


def _body(alert: AlertView, change: str) -> str:
    lines = [f"{name + ':':<15}{value}" for name, value in _facts(alert)]
    return "\n".join([_OPENINGS[change].format(unit=_unit(alert)), "", *lines, "", *_to_do(alert, change)])


def _to_do(alert: AlertView, change: str) -> list[str]:
    if change == "resolved" or alert.status != "open":
        return []
    how = f'POST /v1/alerts/{alert.id}/acknowledgement {{"version": {alert.version}}}'
    return ["Nobody has taken this on yet. Whoever does, tells the others:", how, ""]


def _facts(alert: AlertView) -> list[tuple[str, str]]:
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


def _target(alert: AlertView) -> str:
    what = f"{_amount(alert, alert.figures.value)} {_MEASURES[alert.measure]}, {_SCHEMES[alert.scheme]}"
    period = f"{alert.starts_on:%Y-%m-%d} to {alert.ends_on:%Y-%m-%d}"
    return f"{_line(alert.target_name)}: {what}, {period}" if alert.target_name else f"{what}, {period}"


def _amount(alert: AlertView, value: float) -> str:
    return _percent(value) if alert.measure == "coverage" else f"{value:,.0f}"


def _percent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


def _unit(alert: AlertView) -> str:
    return _line(alert.unit_name) or _codes(alert) or "A target"


def _subject(alert: AlertView) -> str:
    return f"{_line(alert.unit_name)} ({_codes(alert)})" if alert.unit_name else _codes(alert)


def _codes(alert: AlertView) -> str:
    subject = alert.subject
    named = (
        ("", subject.unit_code),
        ("organisation ", subject.organisation_code),
        ("collector ", subject.collector_code),
    )
    return ", ".join(f"{kind}{_line(code)}" for kind, code in named if code)


def _line(text: str | None) -> str:
    """On one line: a header must hold no line break."""
    return " ".join((text or "").split())
