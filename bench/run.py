"""`make bench`: all pairs, one after the other, as a table of ratios."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.batch import batch
from bench.consume import consume, open_twin
from bench.measure import Pair
from bench.read import read
from bench.single import single
from bench.visible import visible
from bench.world import World, bench_world, register
from drive.client.client import Client, Refused, until

REACH_MILLISECONDS = (100.0, 1000.0)


async def bench(rounds: int) -> None:
    """Measure everything and print the table."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        async with (
            bench_world() as world,
            world.process("serve", "enrolment"),
            world.process("worker", "enrolment"),
            world.process("serve", "targets"),
        ):
            pairs, centiles = await _measure_all(world, rounds, Path(folder), console)
    console.print(_table(pairs, centiles))


async def _measure_all(
    world: World, rounds: int, folder: Path, console: Console
) -> tuple[list[Pair], tuple[float, float]]:
    async with world.process("worker", "targets"):
        await _prepare(world)
        console.print("[dim]single sign-ups …[/]")
        pairs = [await single(world, rounds, folder)]
    await open_twin(world)
    console.print("[dim]batches, while no one consumes their events …[/]")
    pairs.append(await batch(world, rounds))
    console.print("[dim]the events that piled up …[/]")
    pairs.append(await consume(world))
    async with world.process("worker", "targets"):
        console.print("[dim]reads …[/]")
        pairs.append(await read(world, rounds, folder))
        console.print("[dim]from POST to progress …[/]")
        return pairs, await visible(world)


async def _prepare(world: World) -> None:
    async with world.client() as client:
        await register(client)
        await until("the registry to reach targets", lambda: _known(client), bool)


async def _known(client: Client) -> Any:
    try:
        return await client.send(
            "GET", "targets", "/v1/progress/units/15142-31", params={"scheme": "household_health", "on": "2025-10-25"}
        )
    except Refused:
        return None


def _table(pairs: list[Pair], centiles: tuple[float, float]) -> Table:
    table = Table(title="Ratios, medians of pairs measured alternately", title_justify="left", title_style="bold")
    table.add_column("what")
    for heading in ("product /s", "yardstick /s", "ratio", "reach for"):
        table.add_column(heading, justify="right")
    table.add_column("yardstick")
    for pair in pairs:
        product, reference = (f"{sorted(side)[len(side) // 2]:,.0f}" for side in (pair.product, pair.reference))
        table.add_row(
            pair.name, product, reference, _judged(pair.ratio, pair.reach), f"{pair.reach:.2f}", pair.yardstick
        )
    for name, took, reach in zip(("p50", "p99"), centiles, REACH_MILLISECONDS, strict=True):
        colour = "green" if took <= reach else "yellow"
        table.add_row(f"POST → visible in progress, {name}", f"[{colour}]{took:.0f} ms[/]", "", "", f"{reach:.0f} ms")
    return table


def _judged(ratio: float, reach: float) -> str:
    return f"[{'green' if ratio >= reach else 'yellow'}]{ratio:.2f}[/]"
