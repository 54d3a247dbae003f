"""Pace events name the organisation that a target belongs to and those above it, and follow the registry."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from services.contracts.envelope import Event
from tests.support.waiting import soon
from tests.targets_api.builders import CAM_THACH, TargetsService, a_collector, an_organisation
from tests.targets_api.review.test_locks import until_done_or_blocked

AFTER_FRIDAY = date(2025, 11, 8)


async def owners(service: TargetsService) -> list[tuple[str, ...]]:
    """Those that the pace events named, in order."""
    return [event.data.organisations for event in await service.published()]


@pytest.mark.parametrize(
    ("scope", "organisations"),
    [
        ({"unit_code": CAM_THACH}, ()),
        ({"organisation_code": "VNPOST"}, ("VNPOST",)),
        ({"organisation_code": "CT", "unit_code": CAM_THACH}, ("CT", "VNPOST")),
        ({"collector_code": "CT-07"}, ("CT", "VNPOST")),
        ({"organisation_code": "VNPOST", "collector_code": "CT-07"}, ("VNPOST",)),
    ],
)
async def test_a_lag_names_the_organisation_of_the_target_and_those_above_it(
    service: TargetsService, scope: dict[str, str], organisations: tuple[str, ...]
) -> None:
    await service.target(scope=scope)
    await service.sweep(AFTER_FRIDAY)
    assert await owners(service) == [organisations]
    [row] = await service.rows(
        "SELECT body::jsonb -> 'data' ? 'organisations' AS named FROM outbox WHERE type ~ 'pace'"
    )
    assert row.named == bool(organisations)


@pytest.mark.parametrize(
    "moves",
    [
        [a_collector("CT-07", "NL", version=2)],
        [an_organisation("NORTH"), an_organisation("CT", "NORTH", version=2)],
        [an_organisation("NORTH"), an_organisation("VNPOST", "NORTH", version=2)],
    ],
)
async def test_a_lag_is_published_again_where_its_organisation_or_collector_has_moved(
    service: TargetsService, moves: list[Event]
) -> None:
    await service.target(scope={"collector_code": "CT-07"})
    await service.target(scope={"unit_code": CAM_THACH})
    await service.sweep(AFTER_FRIDAY)
    before = await service.published()
    await service.handle(moves)
    [again] = (await service.published())[len(before) :]
    assert again.data.organisations in (("NL", "VNPOST"), ("CT", "NORTH"), ("CT", "VNPOST", "NORTH"))
    assert (again.data.episode, again.data.revision) == (1, 2)
    await service.handle(moves)
    assert len(await service.published()) == len(before) + 1


async def test_nothing_is_published_of_a_collector_who_stays_or_whose_event_is_late(service: TargetsService) -> None:
    await service.handle([a_collector("CT-07", "CT", version=5)])
    await service.target(scope={"collector_code": "CT-07"})
    await service.sweep(AFTER_FRIDAY)
    await service.handle([a_collector("CT-07", "NL", version=4), a_collector("CT-09", "NL")])
    await service.handle([a_collector("CT-07", "CT", version=6)])
    assert await owners(service) == [("CT", "VNPOST")]


async def test_a_collector_who_moves_away_and_back_by_two_workers_at_once_is_told_at_home(
    service: TargetsService,
) -> None:
    await service.target(scope={"collector_code": "CT-07"})
    await service.sweep(AFTER_FRIDAY)
    async with service.runtime.database.write() as work:
        await service.consumer.handle(work, [a_collector("CT-07", "NL", version=2)])
        back = asyncio.create_task(service.handle([a_collector("CT-07", "CT", version=3)]))
        await until_done_or_blocked(service, back)
    await soon(back)
    assert (await owners(service))[-1] == ("CT", "VNPOST")
