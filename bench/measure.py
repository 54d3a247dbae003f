"""A measured pair, and the tools that make the load."""

from __future__ import annotations

import asyncio
import re
import shutil
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CLIENTS = 64


@dataclass
class Pair:
    """The product and the yardstick, alternating: `unit` is what both count a second."""

    name: str
    unit: str
    yardstick: str
    reach: float
    product: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median of the ratios, pair by pair."""
        return statistics.median(a / b for a, b in zip(self.product, self.reference, strict=True))


async def alternately(
    pair: Pair, rounds: int, product: Callable[[], Awaitable[float]], reference: Callable[[], Awaitable[float]]
) -> Pair:
    """Product, yardstick, product, yardstick …: so that noise of the machine affects both."""
    for _ in range(rounds):
        pair.product.append(await product())
        pair.reference.append(await reference())
    return pair


def needed(program: str, package: str) -> str:
    """The program's path. Raises OSError that says what to install."""
    if found := shutil.which(program):
        return found
    raise OSError(f"the benchmark needs {program}: apt-get install {package}")


async def output_of(command: Sequence[str | Path]) -> str:
    """What a command prints. Raises OSError with what it complained of."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    if process.returncode:
        raise OSError(f"{command[0]} failed: {err.decode()[-2000:]}")
    return out.decode()


async def wrk(url: str, script: Path, seconds: int, *arguments: str) -> float:
    """Answers a second that 64 clients get, by wrk, whose one thread costs a small part of a core.

    Raises OSError where an answer is not 2xx, since an error is quickly given.
    """
    program = needed("wrk", "wrk")
    command = [
        program,
        "-t1",
        f"-c{CLIENTS}",
        f"-d{seconds}s",
        "--timeout",
        "10s",
        "-s",
        str(script),
        url,
        "--",
        *arguments,
    ]
    out = await output_of(command)
    if "Non-2xx" in out or "Socket errors" in out:
        raise OSError(f"wrk met errors: {out}")
    return _number(r"Requests/sec:\s+([\d.]+)", out)


async def pgbench(program: Path, dsn: str, script: Path, seconds: int) -> float:
    """Transactions a second that 64 clients get, each a transaction of its own."""
    command: list[str | Path] = [
        program,
        "-n",
        f"-c{CLIENTS}",
        "-j1",
        f"-T{seconds}",
        "-M",
        "prepared",
        "-f",
        script,
        dsn,
    ]
    return _number(r"tps = ([\d.]+)", await output_of(command))


def _number(pattern: str, out: str) -> float:
    found = re.search(pattern, out)
    if not found:
        raise OSError(f"cannot read this output: {out}")
    return float(found[1])
