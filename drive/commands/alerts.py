"""The commands of `drive alerts`."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer

from drive.alerts.wanted import Wanted
from drive.commands.console import read_settings_alone, run, text_option
from services.pages import MOST
from services.vocabulary import Scheme, Severity

if TYPE_CHECKING:
    from typing import Any

    from rich.console import Console

    from drive.alerts.asking import Asking

_WIDTH: Final = 160
"""Where the output is no terminal, which has a width of its own, and `COLUMNS` says nothing."""

app = typer.Typer(help="Alerts: who lags behind, and what is done about it. In a terminal the list is kept up to date.")

AsJson = Annotated[bool, typer.Option("--json", help="the answers of the API, one JSON object a line")]


@app.callback(invoke_without_command=True)
def list_alerts(  # noqa: PLR0913 - one for each option
    ctx: typer.Context,
    *,
    status: Annotated[Wanted, typer.Option(help="which ones")] = Wanted.UNRESOLVED,
    under: Annotated[str | None, typer.Option(help="of this unit and of those below it", callback=text_option)] = None,
    severity: Annotated[Severity | None, typer.Option(help="of this severity")] = None,
    scheme: Annotated[Scheme | None, typer.Option(help="of this scheme")] = None,
    organisation: Annotated[
        str | None,
        typer.Option(help="of this organisation, of those below it and of their collectors", callback=text_option),
    ] = None,
    collector: Annotated[str | None, typer.Option(help="of targets of this collector", callback=text_option)] = None,
    text: Annotated[
        str | None, typer.Option(help="with these words in names and codes, also without marks", callback=text_option)
    ] = None,
    due_before: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="whose report has not come, and is due before this day"),
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=MOST, help="how many at most, the newest first")] = 40,
    once: Annotated[bool, typer.Option("--once", help="look once, as wherever the output is no terminal")] = False,
    as_json: AsJson = False,
) -> None:
    """List alerts."""
    if ctx.invoked_subcommand:
        return
    filters = {
        "under": under,
        "severity": severity,
        "scheme": scheme,
        "organisation_code": organisation,
        "collector_code": collector,
        "text": text,
        "report_due_before": due_before.date().isoformat() if due_before else None,
    }
    given = {name: value for name, value in filters.items() if value is not None}
    asking, console = _asking(), _console()

    async def look() -> list[Any]:
        return await asking.list(status, given, most)

    if as_json:
        for alert in run(look()):
            typer.echo(json.dumps(alert, ensure_ascii=False))
    elif once or not console.is_terminal:
        from drive.alerts.tables import listed  # noqa: PLC0415 - loaded by who runs it: it takes time

        console.print(listed(run(look()), asking.now(), most=most))
    else:
        from drive.alerts.watching import watch  # noqa: PLC0415 - as above

        run(watch(console, look, asking.hear(status, given), asking.now, most=most))


@app.command()
def show(alert_id: Annotated[UUID, typer.Argument(metavar="ALERT_ID")], *, as_json: AsJson = False) -> None:
    """Show an alert, what was reported of it, and its timeline."""
    asking = _asking()
    found = run(asking.show(str(alert_id)))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    from drive.alerts.tables import shown  # noqa: PLC0415 - as above

    _console().print(shown(found, asking.now()))


def _asking() -> Asking:
    from drive.alerts.asking import Asking  # noqa: PLC0415 - as above
    from drive.commands.token import signing_tokens  # noqa: PLC0415 - as above

    settings = read_settings_alone()
    return Asking(settings, signing_tokens(settings))


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415 - as above

    console = Console()
    is_narrow = not console.is_terminal and "COLUMNS" not in os.environ
    return Console(width=_WIDTH) if is_narrow else console
