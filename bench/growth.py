"""`make bench GROWTH=1`: what the same work costs with little history and with much, in turn, and that no plan reads a
whole table that grows."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import Executable, text
from sqlalchemy.dialects.postgresql import asyncpg

from bench.growth_beside import beside_counting, while_counting
from bench.growth_history import with_history
from bench.growth_work import TODAY, WORK, Side, Work
from drive.hosting.embedded.server import embedded_postgres
from drive.hosting.process_memory import prepare_process
from services.clock import SystemClock
from services.persistence.database import Database
from targets_api.attainment.store import LOCKED_STANDINGS
from targets_api.progress.owner_figures import ORGANISATIONS, UNITS
from targets_api.remembering.answers import Answers

HISTORIES: Final = (50_000, 3_000_000)
REACH: Final = 1.2
GROWING: Final = frozenset({"tallies", "ledger", "unit_rollups", "organisation_rollups"})

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


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
            prepare_process()
            console.print(await _table(sides))
            named = {f"{sign_ups:,}": side for sign_ups, side in zip(HISTORIES, sides, strict=True)}
            console.print(await beside_counting(named))
            console.print(await while_counting(named))
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
    """Of the statements that answer and review, which tables that grow they read as a whole, by the plan that is kept
    for them, whatever is asked."""
    return {
        "plan of a unit": await _read_whole(database, UNITS.figures.statement),
        "plan of an organisation": await _read_whole(database, ORGANISATIONS.figures.statement),
        "plan of the targets of a unit": await _read_whole(database, UNITS.targets.statement),
        "plan of a review": await _read_whole(database, LOCKED_STANDINGS.statement),
    }


async def _read_whole(database: Database, statement: Executable) -> list[str]:
    compiled: Any = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
    nothing = ", ".join("NULL" for _ in compiled.positiontup)
    async with database.engine.connect() as connection:
        await connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
        await connection.exec_driver_sql(f"PREPARE asked AS {compiled}")
        plan = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) EXECUTE asked({nothing})")
        found = plan.scalar_one()
        await connection.exec_driver_sql("DEALLOCATE asked")
    nodes = _nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])
    return sorted({node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & GROWING)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for below in plan.get("Plans", ()) for node in _nodes(below))]
