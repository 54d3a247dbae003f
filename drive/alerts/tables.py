"""How alerts look in a terminal. Times are those of Vietnam."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.clock import BUSINESS_ZONE

_SEVERITIES: Final = {"critical": "bold red", "warning": "yellow"}
_STATUSES: Final = {"open": "red", "acknowledged": "yellow", "reported": "cyan", "resolved": "green"}
_OVERDUE: Final = "bold red"
_SOON: Final = "yellow"
_AWAITING: Final = ("open", "acknowledged")
_MOMENT: Final = timedelta(seconds=1)
_COLUMNS: Final = ("severity", "status", "about", "scheme", "short by", "report due", "who acts", "id")
_WIDTHS: Final = {"id": 36}
_SUBJECTS: Final = ("unit_code", "organisation_code", "collector_code")


def listed(alerts: Sequence[Any], now: datetime, *, most: int, failure: str | None = None) -> RenderableType:
    """A table of alerts, of which there may be more where there are `most`; `failure`: why they are older than now."""
    table = Table(title=_summary(alerts, now, most), title_justify="left", caption=failure, caption_style="bold red")
    for name in _COLUMNS:
        table.add_column(name, justify="right" if name == "short by" else "left", min_width=_WIDTHS.get(name))
    for alert in alerts:
        table.add_row(*_row(alert, now))
    return table


def shown(found: Mapping[str, Any], now: datetime) -> RenderableType:
    """One alert, with what was reported of it, and its timeline."""
    return Group(_facts(found["alert"], now), *_remedies(found["report"]), _timeline(found["timeline"]))


def due_of(alert: Any, now: datetime) -> Text:
    """The last day for the report, red where that is over, yellow where it is today or tomorrow; empty where none is
    waited for."""
    if alert["status"] not in _AWAITING or alert["report_due_at"] is None:
        return Text("")
    due = datetime.fromisoformat(alert["report_due_at"])
    last_day = (due - _MOMENT).astimezone(BUSINESS_ZONE).date()
    if due <= now:
        return Text(f"{last_day} overdue", _OVERDUE)
    is_soon = last_day <= now.astimezone(BUSINESS_ZONE).date() + timedelta(days=1)
    return Text(str(last_day), _SOON if is_soon else "")


def _summary(alerts: Sequence[Any], now: datetime, most: int) -> Text:
    overdue = sum(due_of(alert, now).style == _OVERDUE for alert in alerts)
    number = f"the newest {most}" if len(alerts) == most else str(len(alerts))
    return Text(f"alerts: {number}; reports overdue: {overdue}; as of {_time(now)}", "bold")


def _row(alert: Any, now: datetime) -> list[Text]:
    level = f" level {alert['level']}" if alert["level"] else ""
    return [
        Text(alert["severity"], _SEVERITIES[alert["severity"]]),
        Text(alert["status"] + level, _STATUSES[alert["status"]]),
        Text(_about(alert)),
        Text(alert["scheme"].replace("_", " ")),
        Text(f"{alert['figures']['short_by']:,}"),
        due_of(alert, now),
        Text(_person(alert["acknowledged_by"])),
        Text(alert["id"]),
    ]


def _about(alert: Any) -> str:
    codes = [alert["subject"][name] for name in _SUBJECTS if alert["subject"][name]]
    names = [name for name in (alert["unit_name"], alert["owner_name"], alert["target_name"]) if name]
    return " ".join([*names, f"({', '.join(codes)})"])


def _person(person: Any) -> str:
    if person is None:
        return ""
    name = person["name"] or person["subject"]
    code = person["organisation_code"]
    return str(code) if name == code else f"{name}, {code}"


def _facts(alert: Any, now: datetime) -> Table:
    table = Table(show_header=False, title=Text(_about(alert), "bold"), title_justify="left")
    for name, cell in zip(_COLUMNS, _row(alert, now), strict=True):
        table.add_row(name, cell)
    for name, value in _more(alert):
        table.add_row(name, Text(value))
    return table


def _more(alert: Any) -> Iterator[tuple[str, str]]:
    figures = alert["figures"]
    yield "raised", _time(datetime.fromisoformat(alert["raised_at"]))
    yield "attained", f"{figures['attained']:.1%} of the way; {figures['expected']:.1%} is expected"
    yield "version", str(alert["version"])
    if alert["resolution"]:
        yield "resolution", " ".join(filter(None, (alert["resolution"], alert["resolution_reason"])))


def _remedies(report: Any) -> Iterator[RenderableType]:
    if report["at"] is None:
        return
    causes = [f"{each['code']} ({each['note']})" if each["note"] else each["code"] for each in report["causes"]]
    yield Text(f"causes: {', '.join(causes)}")
    table = Table("n", "remedy", "who", "due on", "state", "note")
    for each in report["remedies"]:
        values = (str(each["n"]), each["what"], each["who"], each["due_on"], each["state"], each["note"] or "")
        table.add_row(*map(Text, values))
    yield table


def _timeline(entries: Sequence[Any]) -> Table:
    table = Table("at", "what", "who", "why", title=Text("timeline", "bold"), title_justify="left")
    for each in entries:
        why = ": ".join(filter(None, (each["reason"], each["note"])))
        values = (_time(datetime.fromisoformat(each["at"])), each["kind"], _person(each["by"]), why)
        table.add_row(*map(Text, values))
    return table


def _time(at: datetime) -> str:
    return f"{at.astimezone(BUSINESS_ZONE):%Y-%m-%d %H:%M:%S}"
