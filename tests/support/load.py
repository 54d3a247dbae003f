"""What the machine is busy with besides a test."""

from __future__ import annotations

import os


def here_and_now(seconds: float) -> float:
    """What takes so long on a calm machine: where others keep the cores busy, all takes so many times longer."""
    return seconds * max(1.0, 1.5 * os.getloadavg()[0] / (os.cpu_count() or 1))
