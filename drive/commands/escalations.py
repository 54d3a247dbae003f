"""The commands of `drive escalations`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from drive.commands.asking import answer_of

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Escalations: what becomes of alerts that nobody acts on.")


@app.callback()
def _escalations() -> None:
    """So that `explain` is a command of its own although it is the only one."""


@app.command()
def explain(
    alert_id: Annotated[UUID, typer.Argument(metavar="ALERT_ID")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="the answer of the API")] = False,
) -> None:
    """Show what will become of an alert if nobody does anything, and which routes will be notified when."""
    answer = answer_of("alerts:read", "GET", "/v1/escalations/plan", {"alert_id": str(alert_id)})
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    from rich.console import Console  # noqa: PLC0415 - loaded by who runs it: it takes time

    Console().print(_table(answer))


def _table(answer: Any) -> Table:
    from rich.markup import escape  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above

    chain = answer["escalation"] or "no chain"
    title = f"{answer['status']}, {answer['severity']}, level {answer['level']}, {chain}; times are those of Vietnam"
    table = Table("when", "level", "what", "why", "route", "its hours", "notified at", title=escape(title))
    for each in answer["items"]:
        for place, cells in enumerate(_routes(each)):
            what = (_local(each["at"]), str(each["level"]), each["kind"], _why(each)) if not place else ("",) * 4
            table.add_row(*map(escape, (*what, *cells)))
    return table


def _why(planned: Any) -> str:
    hushed = [f"silenced by {name}" for name in planned["silenced_by"]]
    hushed += [f"inhibited by {above}" for above in [planned["inhibited_by"]] if above]
    return ", ".join([planned["reason"], *hushed])


def _routes(planned: Any) -> Iterator[tuple[str, str, str]]:
    if not planned["routes"]:
        yield "nobody", "", ""
    for route in planned["routes"]:
        hours = route["hours"]
        shown = f"{hours['from']}-{hours['to']}" if hours else "any time"
        yield route["route"], shown, _local(route["at"]) if route["at"] else "when that is over"


def _local(time: str) -> str:
    from services.clock import BUSINESS_ZONE  # noqa: PLC0415 - as above

    return f"{datetime.fromisoformat(time).astimezone(BUSINESS_ZONE):%Y-%m-%d %H:%M}"
