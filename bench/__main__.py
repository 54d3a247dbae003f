"""`python -m bench`: measure against yardsticks in the same run; prints a table of ratios."""

from __future__ import annotations

import argparse
import asyncio

import uvloop

from bench.run import bench
from services.observability import configure_logging


def main() -> None:
    """Read the options, and measure."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure against yardsticks in the same run.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each pair is measured")
    options = parser.parse_args()
    configure_logging("WARNING")
    asyncio.Runner(loop_factory=uvloop.new_event_loop).run(bench(options.rounds))


if __name__ == "__main__":
    main()
