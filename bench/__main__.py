"""`python -m bench`: measure against yardsticks in the same run; prints a table of ratios."""

from __future__ import annotations

import argparse
import asyncio

import uvloop

from bench.growth import growth
from bench.run import bench
from services.observability import configure_logging


def main() -> None:
    """Read the options, and measure."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure against yardsticks in the same run.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each pair is measured")
    parser.add_argument("--growth", action="store_true", help="measure what history costs, and nothing else")
    options = parser.parse_args()
    configure_logging("WARNING")
    measured = growth() if options.growth else bench(options.rounds)
    asyncio.Runner(loop_factory=uvloop.new_event_loop).run(measured)


if __name__ == "__main__":
    main()
