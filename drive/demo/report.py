"""The end of the story, for a person to read."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from drive.client.client import Client
from drive.demo.checks import Checks
from drive.demo.places import AGENCY, COMMUNES, PROVINCE, Commune
from drive.demo.story import text_of
from drive.demo.worlds import World

SCHEME = {"scheme": "household_health"}


async def report(world: World, checks: Checks, console: Console) -> None:
    """Progress, collectors, alerts, one of the mails, and the checks."""
    async with Client(world.urls, world.token(AGENCY, "progress:read alerts:read")) as client:
        communes = [(commune, await _progress(client, "units", commune.code)) for commune in COMMUNES]
        codes = [code for commune in COMMUNES for code in commune.collector_codes()]
        collectors = [await _progress(client, "collectors", code) for code in codes]
        alerts = (await client.send("GET", "notifications", "/v1/alerts", params={"under": PROVINCE}))["items"]
    console.print()
    for part in (
        _progress_table(communes),
        _collector_table(collectors),
        _alert_table(alerts),
        _mail(max(world.mails(), key=_communes_in)),
        _check_table(checks),
    ):
        console.print(part)


async def _progress(client: Client, owners: str, code: str) -> Any:
    return await client.send("GET", "targets", f"/v1/progress/{owners}/{code}", params=SCHEME)


def _progress_table(communes: list[tuple[Commune, Any]]) -> Table:
    table = _titled("Household health insurance: progress, and what is owed a day")
    table.add_column("commune")
    for heading in ("before", "launch", "since", "covered", "coverage", "attained", "expected", "a day"):
        table.add_column(heading, justify="right")
    table.add_column("pace")
    for commune, progress in communes:
        target = progress["targets"][0]
        table.add_row(
            progress["unit"]["name"],
            f"{commune.covered:,}",
            f"+{commune.sign_ups:,}",
            f"+{progress['new'] - commune.sign_ups:,}",
            f"{progress['covered']:,}",
            f"{progress['coverage']:.1%}",
            f"{target['attained']:.1%}",
            f"{target['expected']:.1%}",
            f"{target['needed_per_day']:,.1f}",
            _coloured(target["status"]),
        )
    return table


def _collector_table(collectors: list[Any]) -> Table:
    table = _titled("The race of the collectors")
    table.add_column("collector")
    table.add_column("sign-ups", justify="right")
    table.add_column("")
    ahead = max(progress["new"] for progress in collectors)
    for progress in sorted(collectors, key=lambda p: -p["new"]):
        bar = "█" * round(40 * progress["new"] / ahead)
        table.add_row(progress["collector"]["code"], f"{progress['new']:,}", f"[cyan]{bar}[/]")
    return table


def _alert_table(alerts: list[Any]) -> Table:
    table = _titled("Alerts")
    for heading in ("unit", "severity", "status", "version", "raised at"):
        table.add_column(heading)
    names = {commune.code: f"Xã {commune.name}" for commune in COMMUNES}
    for alert in alerts:
        unit = names[alert["subject"]["unit_code"]]
        status, raised_at = _coloured(alert["status"]), alert["raised_at"][:19].replace("T", " ")
        table.add_row(unit, alert["severity"], status, str(alert["version"]), f"{raised_at} UTC")
    return table


def _communes_in(mail: EmailMessage) -> int:
    return sum(commune.name in text_of(mail) for commune in COMMUNES)


def _mail(mail: EmailMessage) -> Panel:
    return Panel(
        f"[bold]{mail['Subject']}[/]\n\n{text_of(mail).strip()}",
        title=f"One of the mails to {mail['To']}",
        title_align="left",
    )


def _check_table(checks: Checks) -> Table:
    table = _titled("Figures")
    table.add_column("")
    table.add_column("figure")
    table.add_column("expected")
    table.add_column("came out")
    for check in checks.made:
        mark = "[green]✓[/]" if check.holds else "[red]✗[/]"
        table.add_row(mark, check.what, str(check.expected), str(check.got))
    return table


def _titled(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold")


def _coloured(status: str) -> str:
    colours = {"behind": "red", "missed": "red", "open": "red", "acknowledged": "yellow"}
    return f"[{colours.get(status, 'green')}]{status.replace('_', ' ')}[/]"
