"""The end of the story, for a person to read."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from drive.demo.checks import Checks
from drive.demo.client import Client
from drive.demo.places import AGENCY, COMMUNES, PROVINCE
from drive.demo.worlds import World


async def report(world: World, checks: Checks, console: Console) -> None:
    """Progress, alerts and checks as tables."""
    async with Client(world.urls, world.token(AGENCY, "progress:read alerts:read")) as client:
        rows = [await _progress(client, commune.code) for commune in COMMUNES]
        alerts = (await client.send("GET", "notifications", "/v1/alerts", params={"under": PROVINCE}))["items"]
    console.print()
    console.print(_progress_table(rows))
    console.print(_alert_table(alerts))
    console.print(_check_table(checks))


async def _progress(client: Client, code: str) -> Any:
    return await client.send("GET", "targets", f"/v1/progress/units/{code}", params={"scheme": "household_health"})


def _progress_table(rows: list[Any]) -> Table:
    table = _titled("Household health insurance: progress, and what is owed a working day")
    table.add_column("commune")
    for heading in ("population", "new", "covered", "coverage", "attained", "expected", "a day"):
        table.add_column(heading, justify="right")
    table.add_column("pace")
    for row in rows:
        target = row["targets"][0]
        table.add_row(
            row["unit"]["name"],
            f"{row['population']:,}",
            f"{row['new']:,}",
            f"{row['covered']:,}",
            f"{row['coverage']:.1%}",
            f"{target['attained']:.1%}",
            f"{target['expected']:.1%}",
            f"{target['needed_per_day']:,.1f}",
            _coloured(target["status"]),
        )
    return table


def _alert_table(alerts: list[Any]) -> Table:
    table = _titled("Alerts")
    for heading in ("unit", "severity", "status", "raised at"):
        table.add_column(heading)
    for alert in alerts:
        unit = alert["subject"]["unit_code"]
        table.add_row(unit, alert["severity"], _coloured(alert["status"]), alert["raised_at"][:19])
    return table


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
