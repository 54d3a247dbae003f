"""`drive rebuild`: the figures of targets anew from its ledger, or the ledger from enrolment."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from drive.commands.console import fail, read_settings, run
from drive.commands.reconcile import DIFFERENT, EQUAL, From, To, period_of

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from drive.hosting.services import ServiceName
    from drive.reconciling.rebuilding import Made
    from drive.reconciling.report import Report
    from drive.reconciling.sides import Period, Sides

SETTLING: Final = timedelta(seconds=10)
"""How long it is waited for what was recorded meanwhile, before it is said whether all is equal."""


def rebuild(
    since: From = None,
    until: To = None,
    *,
    from_enrolment: Annotated[bool, typer.Option("--from-enrolment", help="the ledger, too, from enrolment")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only name what would be made anew")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="remove sign-ups from the ledger that enrolment does not have")
    ] = False,
) -> None:
    """Make anew what differs of tallies, rollups, splits and targets, from the ledger; while the services run.

    Each figure is as before or right at any moment. It may be stopped, and run again. Ends with 0 where all is equal
    afterwards, with 1 where something is left, with 2 where it could not be done.
    """
    if (since or until or yes) and not from_enrolment:
        fail("--from-enrolment: give it with --from, --to and --yes; figures are made anew from the whole ledger")
    period = period_of(since, until) if from_enrolment else None
    report = run(_looked(period) if dry_run else _made(period, remove=yes))
    raise typer.Exit(DIFFERENT if report.differing else EQUAL)


async def _looked(period: Period | None) -> Report:
    async def look(sides: Sides, report: Report) -> None:
        await _check(sides, period, report)
        typer.echo(f"rebuild: {report.differing} would be made anew" if report.differing else "rebuild: equal")

    return await _with_sides(look)


async def _made(period: Period | None, *, remove: bool) -> Report:
    from drive.reconciling.rebuilding import Rebuild  # noqa: PLC0415 - loaded by who runs it: it takes time
    from services.clock import SystemClock  # noqa: PLC0415 - as above

    async def make(sides: Sides, report: Report) -> None:
        clock = SystemClock(read_settings().common.today)
        made = await Rebuild(sides, clock, _say, report.print).run(period, remove=remove)
        typer.echo(_summary(made))
        report.differing = 0
        await _check(sides, period, report, wait=SETTLING)
        if made.kept:
            typer.echo(f"rebuild: {made.kept} sign-ups that enrolment does not have were kept: see --yes")

    return await _with_sides(make)


async def _check(sides: Sides, period: Period | None, report: Report, wait: timedelta = timedelta(0)) -> None:
    from drive.reconciling.differences import differences  # noqa: PLC0415 - as above
    from drive.reconciling.findings import of_sign_ups, within_targets  # noqa: PLC0415 - as above

    if period:
        async for difference in differences(sides, period, wait):
            report.print(of_sign_ups(difference))
    async for finding in within_targets(sides.targets):
        report.print(finding)


async def _with_sides(act: Any) -> Report:
    from drive.hosting.one_service import on_databases  # noqa: PLC0415 - as above
    from drive.reconciling.report import Report  # noqa: PLC0415 - as above
    from drive.reconciling.sides import open_sides  # noqa: PLC0415 - as above

    settings, report = read_settings(), Report("table")

    async def on(urls: Mapping[ServiceName, URL]) -> None:
        async with open_sides(settings, urls) as sides:
            await act(sides, report)

    await on_databases(settings, on, make=False)
    return report


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _summary(made: Made) -> str:
    return (
        f"rebuild: {made.restored} sign-ups restored, {made.removed} removed; {made.tallies} tallies, {made.rollups}"
        f" rollups, {made.splits} splits, {made.days} totals of days and {made.targets} targets made anew"
    )
