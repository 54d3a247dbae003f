"""Rounding that never makes a figure look better than it is: shares are cut, what is owed is rounded up."""

from __future__ import annotations

import math
from typing import Final

_EXACT: Final = 6
"""Decimal places to which a figure is taken for exact before it is cut: 0.29 * 100 is 28.999999999999996."""


def cut(value: float, digits: int) -> float:
    """The value with `digits` decimal places, the rest left out: 0.99999 with 3 is 0.999."""
    scale: int = 10**digits
    return math.floor(round(value * scale, _EXACT)) / scale


def raised(value: float, digits: int) -> float:
    """The value with `digits` decimal places, rounded up: 0.01 with 1 is 0.1."""
    scale: int = 10**digits
    return math.ceil(round(value * scale, _EXACT)) / scale
