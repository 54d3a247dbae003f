"""`drive reconcile`: whether targets has what enrolment has recorded, and draws its figures from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from drive.commands.console import fail, read_settings, run

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from drive.hosting.services import ServiceName
    from drive.reconciling.report import Form, Report
    from drive.reconciling.sides import Period

EQUAL: Final = 0
DIFFERENT: Final = 1
NOT_COMPARED: Final = 2
LONGEST_WAIT: Final = 3600

From: TypeAlias = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="only what was signed on this day or later")
]
To: TypeAlias = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="only what was signed on this day or before")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="one JSON object a line")]
AsCsv: TypeAlias = Annotated[bool, typer.Option("--csv", help="a table in CSV")]


def reconcile(
    since: From = None,
    until: To = None,
    *,
    wait: Annotated[float, typer.Option(help="seconds to wait for what is on its way, up to 3600")] = 10.0,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Compare targets with enrolment, by unit, scheme, kind and day, and its figures with what they are drawn from.

    Ends with 0 where all is equal, with 1 where something differs, with 2 where it could not be compared, or where what
    differs is still on its way. It reads the databases of both while the services run, and changes nothing.
    """
    period, patience = period_of(since, until), wait_of(wait)
    form = form_of(as_json=as_json, as_csv=as_csv)
    report = run(_report(period, patience, form))
    raise typer.Exit(_conclude(report, quiet=form != "table"))


async def _report(period: Period, wait: timedelta, form: Form) -> Report:
    from drive.hosting.one_service import on_databases  # noqa: PLC0415 - loaded by who runs it: it takes time
    from drive.reconciling.findings import all_findings  # noqa: PLC0415 - as above
    from drive.reconciling.report import Report  # noqa: PLC0415 - as above
    from drive.reconciling.sides import open_sides  # noqa: PLC0415 - as above

    settings, report = read_settings(), Report(form)

    async def compare(urls: Mapping[ServiceName, URL]) -> Any:
        async with open_sides(settings, urls) as sides:
            async for finding in all_findings(sides, period, wait):
                report.print(finding)
        return report

    return await on_databases(settings, compare, make=False)


def _conclude(report: Report, *, quiet: bool) -> int:
    """The exit code; what it means is said where a person reads it."""
    if report.differing:
        message = f"{report.differing} differences: see `drive rebuild`"
        code = DIFFERENT
    elif report.on_the_way:
        message = f"{report.on_the_way} groups have sign-ups on the way: run this again, or with a longer --wait"
        code = NOT_COMPARED
    else:
        message, code = "equal", EQUAL
    if not quiet:
        typer.echo(f"reconcile: {message}")
    return code


def period_of(since: datetime | None, until: datetime | None) -> Period:
    """Ends the process where it has no days."""
    from drive.reconciling.sides import Period  # noqa: PLC0415 - as above

    period = Period(since.date() if since else date.min, until.date() if until else date.max)
    if period.since > period.until:
        fail("--from: give a day that is not after --to")
    return period


def wait_of(seconds: float) -> timedelta:
    """Ends the process where nobody should wait for so long."""
    if not (math.isfinite(seconds) and 0 <= seconds <= LONGEST_WAIT):
        fail(f"--wait: give seconds from 0 to {LONGEST_WAIT}")
    return timedelta(seconds=seconds)


def form_of(*, as_json: bool, as_csv: bool) -> Form:
    """Ends the process where both are asked for."""
    if as_json and as_csv:
        fail("--csv: give it or --json, not both")
    return "json" if as_json else "csv" if as_csv else "table"
