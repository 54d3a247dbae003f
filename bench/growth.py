"""`make bench GROWTH=1`: what the same work costs with little history and with much, in turn, and that no plan reads a
whole table that grows."""

from __future__ import annotations

import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import asyncpg

from bench.growth_history import with_history
from drive.hosting.embedded.server import embedded_postgres
from services.clock import SystemClock
from services.context import context_of
from services.contracts.enrolment import EnrolmentFacts, EnrolmentRecorded
from services.contracts.registry import UnitFacts
from services.ids import new_id
from services.persistence.database import Database
from services.persistence.versions import bump
from services.vocabulary import Scheme, Scope
from targets_api.counting.usecases import count
from targets_api.domain.target import Target
from targets_api.ledger.rollups import roll_up
from targets_api.progress.queries import ORGANISATIONS, UNITS, ProgressKey
from targets_api.progress.reader import CHILDREN, ORGANISATION, UNIT, answer
from targets_api.registry.usecases import register_units
from targets_api.remembering.answers import Answers
from targets_api.targets.usecases import set_targets

HISTORIES: Final = (50_000, 3_000_000)
REACH: Final = 1.2
GROWING: Final = frozenset({"tallies", "ledger", "unit_rollups", "organisation_rollups"})
HEALTH: Final[Scheme] = "household_health"
TODAY: Final = date(2025, 10, 25)
YEAR: Final = date(2025, 1, 1)
THREE_YEARS: Final = date(2022, 10, 26)
BATCH: Final = 500

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


@dataclass
class Side:
    """A database with its history, and what reads and writes it."""

    database: Database
    answers: Answers
    clock: SystemClock
    version: int = 1

    async def change(self) -> None:
        """Let nothing be remembered."""
        async with self.database.write() as work:
            await bump(work)

    async def set_target(self) -> None:
        """Of the province, for the year."""
        target = Target(
            new_id(), Scope("38", None, None), HEALTH, "new", 1e6, YEAR, date(2025, 12, 31), name=str(new_id())
        )
        async with self.database.write() as work:
            await set_targets(work, context_of(self.clock), [target])

    async def move(self) -> None:
        """A commune goes below another insurance unit, and its villages with it."""
        self.version += 1
        facts = UnitFacts(
            code="C7", name="C7", level="commune", parent_code=f"I{self.version % 8}", version=self.version
        )
        async with self.database.write() as work:
            await register_units(work, context_of(self.clock), [facts])

    async def count(self) -> None:
        """Sign-ups of these days, all over the province, and their fold."""
        context = context_of(self.clock)
        events = [_sign_up(number) for number in range(BATCH)]
        async with self.database.write() as work:
            await count(work, context, events)
        await roll_up(self.database)


Work = Callable[[Side], Awaitable[Any]]


def _key(code: str, start: date = YEAR) -> ProgressKey:
    return ProgressKey(code, HEALTH, start, TODAY)


WORK: Final[Mapping[str, tuple[int, Work]]] = {
    "a province after a change": (15, lambda side: answer(side.answers, UNIT, _key("38"))),
    "a commune after a change": (15, lambda side: answer(side.answers, UNIT, _key("C7"))),
    "the units below an insurance unit": (11, lambda side: answer(side.answers, CHILDREN, _key("I3"))),
    "three years of a province": (15, lambda side: answer(side.answers, UNIT, _key("38", THREE_YEARS))),
    "an organisation with 30 below it": (15, lambda side: answer(side.answers, ORGANISATION, _key("TOP"))),
    "set a target of a province": (7, Side.set_target),
    "move a commune": (7, Side.move),
    f"count {BATCH} sign-ups": (11, Side.count),
}


async def growth() -> None:
    """Fill the databases, measure in turn, look at the plans, and print."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="drive-growth-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - the server's own user must be able to pass
        with embedded_postgres(Path(folder)) as server:
            clock, sides = SystemClock(TODAY), []
            for sign_ups in HISTORIES:
                console.print(f"[dim]{sign_ups:,} sign-ups of history …[/]")
                database = await with_history(server, sign_ups)
                sides.append(Side(database, Answers(database, clock, timedelta(minutes=1)), clock))
            console.print(await _table(sides))
            for name, found in (await _scans(sides[-1].database)).items():
                console.print(f"{name}: {', '.join(found) or 'no table that grows is read as a whole'}")
            for side in sides:
                await side.database.close()


async def _table(sides: list[Side]) -> Table:
    table = Table(title="What history costs: medians, measured in turn", title_justify="left", title_style="bold")
    table.add_column("what")
    for heading in (*(f"{sign_ups:,}" for sign_ups in HISTORIES), "ratio", "reach for"):
        table.add_column(heading, justify="right")
    for name, (rounds, work) in WORK.items():
        few, many = await _measure(sides, rounds, work)
        colour = "green" if many <= REACH * few else "yellow"
        table.add_row(name, f"{few:.1f} ms", f"{many:.1f} ms", f"[{colour}]{many / few:.2f}[/]", f"{REACH:.2f}")
    return table


async def _measure(sides: list[Side], rounds: int, work: Work) -> list[float]:
    """Milliseconds on each side; the first round, in which statements are prepared, is left out."""
    took: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds + 1):
        for side, times in zip(sides, took, strict=True):
            await side.change()
            started = time.perf_counter()
            await work(side)
            times.append((time.perf_counter() - started) * 1000)
    return [statistics.median(times[1:]) for times in took]


async def _scans(database: Database) -> dict[str, list[str]]:
    """Of the statements that answer, which tables that grow they would read as a whole."""
    key = {"scheme": [HEALTH], "start": [THREE_YEARS], "on": [TODAY]}
    return {
        "plan of a unit": await _read_whole(database, UNITS.figures.statement, {"code": ["38"], **key}),
        "plan of an organisation": await _read_whole(
            database, ORGANISATIONS.figures.statement, {"code": ["TOP"], **key}
        ),
    }


async def _read_whole(database: Database, statement: Executable, values: Mapping[str, Any]) -> list[str]:
    compiled: Any = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
    parameters = compiled.construct_params(values)
    async with database.engine.connect() as connection:
        plan = await connection.exec_driver_sql(
            f"EXPLAIN (FORMAT JSON) {compiled}", tuple(parameters[name] for name in compiled.positiontup)
        )
        found = plan.scalar_one()
    nodes = _nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])
    return sorted({node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & GROWING)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for below in plan.get("Plans", ()) for node in _nodes(below))]


def _sign_up(number: int) -> EnrolmentRecorded:
    collector = random.randrange(600)
    enrolment_id = new_id()
    facts = EnrolmentFacts(
        enrolment_id=enrolment_id,
        organisation_code=f"O{collector % 30}",
        collector_code=f"K{collector}",
        unit_code=f"V{collector % 166}-{number % 2}",
        scheme=HEALTH,
        kind="new" if number % 2 else "renewal",
        signed_on=TODAY - timedelta(days=number % 3),
        months=12,
        covered_from=date(2025, 11, 24),
        covered_to=date(2026, 11, 23),
        amount_paid=1_263_600,
    )
    return EnrolmentRecorded(
        id=new_id(), subject=str(enrolment_id), time=SystemClock().now(), correlationid="bench", data=facts
    )
