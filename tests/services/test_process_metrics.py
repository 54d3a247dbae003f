"""What every process says of itself."""

from __future__ import annotations

import asyncio
import time
from importlib.metadata import version

import pytest

from services import process_metrics
from services.observability import Metrics
from services.process_metrics import watched_loop
from tests.support.waiting import eventually


def test_every_registry_has_version_memory_and_lost_log_lines() -> None:
    registry = Metrics().registry
    assert registry.get_sample_value("drive_build_info", {"version": version("drive")}) == 1
    assert (registry.get_sample_value("process_resident_memory_bytes") or 0) > 1_000_000
    assert registry.get_sample_value("drive_log_lines_lost") is not None


async def test_a_loop_that_was_kept_busy_shows_for_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_metrics, "LOOK_SECONDS", 0.001)
    metrics = Metrics()

    async def looks() -> bool:
        return bool(metrics.registry.get_sample_value("drive_event_loop_lag_seconds_count"))

    async def late() -> bool:
        return (metrics.registry.get_sample_value("drive_event_loop_lag_seconds_sum") or 0) > 0.15

    with watched_loop(metrics.loop_lag):
        await eventually(looks, True)
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 - this is the fault that is to be seen
        await eventually(late, True)
