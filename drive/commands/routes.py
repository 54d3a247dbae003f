"""The commands of `drive routes`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote
from uuid import UUID

import typer

from drive.commands.asking import answer_of, local_time
from drive.commands.console import text_option

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Routes: who is notified of alerts.")


@app.command()
def explain(
    alert_id: Annotated[UUID, typer.Argument(metavar="ALERT_ID")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="the answer of the API")] = False,
) -> None:
    """Show which routes are notified of an alert as it stands, when, why the others are not, and what each was told."""
    params = {"alert_id": str(alert_id)}
    answer = answer_of("alerts:read", "GET", "/v1/routes/explanation", params)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    from rich.console import Console  # noqa: PLC0415 - loaded by who runs it: it takes time

    Console().print(_table(answer))


@app.command("test")
def send_test(
    name: Annotated[str, typer.Argument(metavar="NAME", callback=text_option)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="the answer of the API")] = False,
) -> None:
    """Send a test message to a route now, and show what became of it; the exit code is 0 where it was sent, else 1."""
    answer = answer_of("alerts:write", "POST", f"/v1/routes/{quote(name, safe='')}/test")
    typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else f"{answer['outcome']}: {answer['detail']}")
    if answer["outcome"] != "sent":
        raise typer.Exit(1)


def _table(answer: Any) -> Table:
    from rich.markup import escape  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table(title=f"{answer['status']}, {answer['severity']}; times are those of Vietnam")
    for column in ("route", "channel", "notified", "why", "told"):
        table.add_column(column, overflow="fold")
    for each in answer["items"]:
        told = ", ".join(f"{delivery['change']}: {delivery['state']}" for delivery in each["deliveries"])
        if each["again_at"]:
            told += f"; again {local_time(each['again_at'])}"
        why = each["reason"] + (f"; waits until {local_time(each['waits_until'])}" if each["waits_until"] else "")
        notified = "yes" if each["notified"] else "no"
        table.add_row(*map(escape, (each["route"], each["channel"], notified, why, told or "nothing")))
    return table
