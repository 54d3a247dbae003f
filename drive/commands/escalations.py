"""The commands of `drive escalations`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from drive.commands.asking import answer_of, local_time

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
    table = Table(title=escape(title))
    for column in ("when", "what", "why", "route and its hours", "notified at"):
        table.add_column(column, overflow="fold")
    for each in answer["items"]:
        for place, cells in enumerate(_routes(each)):
            what = ("", "", "") if place else (local_time(each["at"]), _what(each), _why(each))
            table.add_row(*map(escape, (*what, *cells)))
    for each in answer["reminders"]:
        at = local_time(each["at"])
        table.add_row(*map(escape, (at, "told again", "nobody has acted by then", each["route"], at)))
    return table


def _what(planned: Any) -> str:
    return f"{planned['kind'].replace('_', ' ')}, level {planned['level']}"


def _why(planned: Any) -> str:
    hushed = [f"silenced by {name}" for name in planned["silenced_by"]]
    hushed += [f"inhibited by {above}" for above in [planned["inhibited_by"]] if above]
    return ", ".join([planned["reason"], *hushed])


def _routes(planned: Any) -> Iterator[tuple[str, str]]:
    if not planned["routes"]:
        yield "nobody", ""
    for route in planned["routes"]:
        hours = route["hours"]
        shown = f"{hours['from']}-{hours['to']}" if hours else "any time"
        yield f"{route['route']}, {shown}", local_time(route["at"]) if route["at"] else "when that is over"
