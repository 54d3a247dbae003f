"""A runtime whose business date the test can move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.clock import SystemClock
from services.runtime import Runtime


@dataclass(frozen=True)
class TestRuntime(Runtime[Any]):
    """`runtime.clock.pin(date(2025, 11, 1))` lets days pass."""

    __test__ = False

    clock: SystemClock
