"""The end of the story, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from rich.bar import Bar
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from drive.client.client import Client
from drive.demo.checks import Checks
from drive.demo.household import ask_for_quote, quote_table
from drive.demo.mails import text_of
from drive.demo.places import AGENCY, COMMUNES, PROVINCE, Commune
from drive.demo.province.chapter import Province
from drive.demo.province.report import province_tables
from drive.demo.tables import coloured, titled
from drive.demo.worlds import World
from services.clock import BUSINESS_ZONE

SCHEME = {"scheme": "household_health"}


async def report_launch_days(world: World, console: Console) -> None:
    """What a household pays, progress, collectors, alerts, and one of the mails."""
    async with Client(world.urls, world.token(AGENCY, "progress:read alerts:read")) as client:
        communes = [(commune, await _progress(client, "units", commune.code)) for commune in COMMUNES]
        codes = [code for commune in COMMUNES for code in commune.collector_codes()]
        collectors = [await _progress(client, "collectors", code) for code in codes]
        alerts = (await client.send("GET", "notifications", "/v1/alerts", params={"under": PROVINCE}))["items"]
        quote = await ask_for_quote(client)
    _print(
        console,
        quote_table(quote),
        _progress_table(communes),
        _collector_table(collectors),
        _alert_table(alerts),
        _mail(max(world.mails(), key=_communes_in)),
    )


async def report_province(province: Province, console: Console) -> None:
    """A ranking of the communes, and which fell behind."""
    _print(console, *await province_tables(province))


def report_checks(checks: Checks, console: Console) -> None:
    """Every figure, and how many are right."""
    _print(console, _check_table(checks), _verdict(checks))


def _print(console: Console, *parts: RenderableType) -> None:
    console.print()
    for part in parts:
        console.print(part)


async def _progress(client: Client, owners: str, code: str) -> Any:
    return await client.send("GET", "targets", f"/v1/progress/{owners}/{code}", params=SCHEME)


def _progress_table(communes: list[tuple[Commune, Any]]) -> Table:
    """A column for each commune: their figures fit the narrowest terminal, whose width ten columns would exceed."""
    table = titled("Household health insurance: progress, and what is owed a day")
    table.add_column("")
    for _, progress in communes:
        table.add_column(progress["unit"]["name"], justify="right")
    columns = [list(_figures(commune, progress)) for commune, progress in communes]
    for row in zip(*columns, strict=True):
        table.add_row(row[0][0], *(figure for _, figure in row))
    return table


def _figures(commune: Commune, progress: Any) -> Iterator[tuple[str, str]]:
    target = progress["targets"][0]
    yield "covered before", f"{commune.covered:,}"
    yield "signed up on the launch day", f"+{commune.sign_ups:,}"
    yield "signed up since", f"+{progress['net'] - commune.sign_ups:,}"
    yield "covered now", f"{progress['covered']:,}"
    yield "coverage", f"{progress['coverage']:.1%}"
    yield "of the way to the target", f"{target['attained']:.1%}"
    yield "expected by now", f"{target['expected']:.1%}"
    yield "needed a day", f"{target['needed_per_day']:,.1f}"
    yield "pace", coloured(target["status"])


def _collector_table(collectors: list[Any]) -> Table:
    table = titled("The race of the collectors")
    table.add_column("collector", no_wrap=True)
    table.add_column("sign-ups", justify="right", no_wrap=True)
    table.add_column("", max_width=40)
    ahead = max(progress["net"] for progress in collectors)
    for progress in sorted(collectors, key=lambda p: -p["net"]):
        table.add_row(
            progress["collector"]["code"], f"{progress['net']:,}", Bar(ahead, 0, progress["net"], color="cyan")
        )
    return table


def _alert_table(alerts: list[Any]) -> Table:
    table = titled("Alerts")
    for heading in ("unit", "severity", "status", "raised on"):
        table.add_column(heading)
    names = {commune.code: f"Xã {commune.name}" for commune in COMMUNES}
    for alert in alerts:
        raised_on = datetime.fromisoformat(alert["raised_at"]).astimezone(BUSINESS_ZONE).date()
        unit, status = names[alert["subject"]["unit_code"]], coloured(alert["status"])
        table.add_row(unit, alert["severity"], status, raised_on.isoformat())
    return table


def _communes_in(mail: EmailMessage) -> int:
    return sum(commune.name in text_of(mail) for commune in COMMUNES)


def _mail(mail: EmailMessage) -> Panel:
    return Panel(
        f"[bold]{escape(mail['Subject'])}[/]\n\n{escape(text_of(mail).strip())}",
        title=f"One of the mails to {mail['To']}",
        title_align="left",
    )


def _check_table(checks: Checks) -> Table:
    table = titled("Figures")
    table.add_column("")
    table.add_column("figure")
    table.add_column("came out")
    for check in checks.made:
        mark, expected = ("[green]✓[/]", "") if check.holds else ("[red]✗[/]", f", expected {check.expected}")
        table.add_row(mark, check.what, f"{check.got}{expected}")
    return table


def _verdict(checks: Checks) -> str:
    right = sum(check.holds for check in checks.made)
    colour = "green" if checks.hold else "red"
    return f"[bold {colour}]{right} of {len(checks.made)} figures right[/]"
