"""Figures from frames that are kept are those that one statement finds, and outdated frames are not used."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from targets_api.progress import frames
from targets_api.progress.figures import Figures, ProgressKey, UnitFigures
from targets_api.progress.owner_figures import UNITS
from targets_api.progress.queries import figures_of
from targets_api.remembering.kept import Kept
from targets_api.remembering.queries import current_state
from tests.targets_api.builders import HEALTH, LAUNCH, TargetsService, sign_ups
from tests.targets_api.remembering.changes import EVE, Changes

CODES = ["15142", "15142-01", "15127", "CS-CT", "38", "cs-ct", "nowhere"]
KEYS = [ProgressKey(code, HEALTH, date(2025, 1, 1), LAUNCH) for code in CODES]


async def figures(service: TargetsService, kept: Kept | None = None) -> list[Figures[UnitFigures] | None]:
    """Of all units."""
    async with service.runtime.database.read() as session:
        session.kept = kept
        return await figures_of(session, UNITS, KEYS, LAUNCH)


async def a_look(service: TargetsService, **kept: Any) -> Kept:
    """What is kept from now on."""
    async with service.runtime.database.read() as session:
        return Kept((await current_state(session)).snapshot, **kept)


async def test_figures_from_frames_are_those_of_one_statement(service: TargetsService) -> None:
    chance = random.Random(3)  # noqa: S311 - changes of a test
    changes = Changes(service, chance)
    for change in [*changes.all, *chance.choices(changes.all, k=12)]:
        await change()
        kept = await a_look(service)
        expected = await figures(service)
        assert [await figures(service, kept) for _ in range(2)] == [expected] * 2
        await service.handle(sign_ups(1, unit_code=chance.choice(["15142-02", "15127", "38"])))
        assert await figures(service, kept) == await figures(service) != expected


async def test_frames_that_are_outdated_are_not_used(service: TargetsService) -> None:
    await service.baseline(EVE)
    kept = await a_look(service)
    before = await figures(service, kept)
    await service.baseline(EVE, covered=20_000)
    after = await figures(service, kept)
    assert after == await figures(service) != before


async def test_frames_of_codes_that_nobody_knows_are_bounded_too(
    service: TargetsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MOST_SIZE", 20)
    kept = await a_look(service)
    for n in range(40):
        keys = [ProgressKey(f"unknown-{n}-{m}", HEALTH, LAUNCH, LAUNCH) for m in range(5)]
        async with service.runtime.database.read() as session:
            session.kept = kept
            assert await figures_of(session, UNITS, keys, LAUNCH) == [None] * 5
    assert len(kept.values) <= 25
    assert kept.widths == {}
