"""Moves, new targets and baselines are computed beside the counting, and what is counted meanwhile counts once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import text

from services.contracts.envelope import Event
from targets_api.attainment.recount import recount
from targets_api.attainment.store import lock_rollups
from targets_api.ledger.rollups import roll_up
from tests.support.waiting import soon
from tests.targets_api.builders import CAM_THACH, TargetsService, a_sign_up, a_unit, an_organisation, sign_ups
from tests.targets_api.ledger.test_rollups import assert_rolled_up
from tests.targets_api.review.test_locks import until_done_or_blocked

DURING: Final = date(2025, 11, 4)
BEFORE: Final = date(2025, 10, 28)
TARGETS: Final = """
    SELECT target_id, count_from, start_from, measured_from, population_at_start, population, achieved, covered_at_start
    FROM target_progress ORDER BY target_id
"""
PARTS: Final = "SELECT * FROM target_parts ORDER BY target_id, unit_code"
SCOPES: Final[Sequence[dict[str, str]]] = (
    {"unit_code": "38"},
    *({"unit_code": unit} for unit in ("CS-CT", "CS-NX", CAM_THACH)),
    *({"unit_code": unit, "organisation_code": "VNPOST"} for unit in ("CS-CT", "CS-NX")),
    *({"unit_code": unit, "collector_code": "CT-07"} for unit in ("CS-CT", "CS-NX")),
    *({"organisation_code": code} for code in ("VNPOST", "CT", "NL")),
    {"organisation_code": "VNPOST", "collector_code": "CT-08"},
    {"collector_code": "CT-07"},
)
Change = Callable[[TargetsService], Awaitable[Any]]


async def set_targets(service: TargetsService) -> None:
    """Of every kind of scope, and the stocks of an insurance unit by parts and of a province."""
    await service.handle([a_unit("CS-NX", "38", "insurance_unit"), a_unit("15500", "CS-NX")])
    for unit in (CAM_THACH, "15127", "15500"):
        await service.baseline(date(2025, 10, 24), unit=unit)
    for scope in SCOPES:
        await service.target(scope=scope)
    for unit in ("38", "CS-CT", "CS-NX", CAM_THACH):
        await service.target(scope={"unit_code": unit}, measure="in_force", value=30_000)


async def assert_counted(service: TargetsService) -> None:
    """Targets are what they would be if they were counted anew, and rollups the sum of their leaves."""
    kept = [await service.rows(rows) for rows in (TARGETS, PARTS)]
    async with service.runtime.database.write() as work:
        changed = await recount(work, [row.target_id for row in kept[0]])
    anew = [await service.rows(rows) for rows in (TARGETS, PARTS)]
    assert [list(map(tuple, rows)) for rows in kept] == [list(map(tuple, rows)) for rows in anew]
    assert changed == set()
    await assert_rolled_up(service)


def everywhere(n: int, **facts: Any) -> list[Event]:
    """Sign-ups of both kinds of places, organisations and collectors, before the targets' period and within it."""
    places = (
        (CAM_THACH, "CT", "CT-07"),
        ("15142-01", "NL", "CT-07"),
        ("15127", "NL", "CT-08"),
        ("15500", "CT", "CT-07"),
    )
    return [
        event
        for day in (BEFORE, DURING)
        for unit, organisation, collector in places
        for event in sign_ups(
            n,
            **{"unit_code": unit, "organisation_code": organisation, "collector_code": collector, "signed_on": day}
            | facts,
        )
    ]


async def beside_a_batch(service: TargetsService, change: Change, batch: Sequence[Event]) -> None:
    """The change gets as far as it can while a batch is under way, most of which is counted after that."""
    async with service.runtime.database.write() as work:
        await service.consumer.handle(work, [a_sign_up(unit_code="15127", signed_on=DURING)])
        task = asyncio.create_task(_awaited(change(service)))
        await until_done_or_blocked(service, task)
        await service.consumer.handle(work, batch)
    await soon(task)


async def _awaited(of: Awaitable[Any]) -> None:
    await of


def handles(*events: Event) -> Change:
    """Events of the registry."""
    return lambda service: service.handle(events)


CHANGES: Final[dict[str, Change]] = {
    "a commune moves": handles(a_unit(CAM_THACH, "CS-NX", version=2)),
    "an insurance unit leaves the province": handles(a_unit("CS-CT", None, "insurance_unit", version=2)),
    "a commune and one of its villages move apart": handles(
        a_unit(CAM_THACH, "CS-NX", version=2), a_unit("15142-01", "15127", "village", version=2)
    ),
    "a village that is new": handles(a_unit("15142-03", CAM_THACH, "village")),
    "an organisation moves": handles(an_organisation("CT", None, version=2)),
    "a target is set": lambda service: service.target(scope={"unit_code": "38"}, name="another"),
    "a target of a unit and a collector is set": lambda service: service.target(
        scope={"unit_code": CAM_THACH, "collector_code": "CT-07"}, name="another"
    ),
    "a stock is set": lambda service: service.target(
        scope={"unit_code": "CS-CT"}, measure="coverage", value=0.9, name="another"
    ),
    "a baseline is set": lambda service: service.baseline(date(2025, 10, 24), unit="CS-CT"),
}


@pytest.mark.parametrize(
    ("name", "before"), [*((name, 3) for name in CHANGES), ("a commune moves", 0), ("an organisation moves", 0)]
)
async def test_what_is_counted_while_a_change_is_computed_counts_once(
    service: TargetsService, name: str, before: int
) -> None:
    await set_targets(service)
    await service.handle([*everywhere(before), a_sign_up(unit_code="15127", signed_on=DURING)])
    await roll_up(service.runtime.database)
    await service.handle([*everywhere(before), a_sign_up(unit_code="15127", signed_on=DURING)])
    batch = [*everywhere(2), *everywhere(1, kind="renewal"), a_sign_up(unit_code="15142-03", signed_on=DURING)]
    await beside_a_batch(service, CHANGES[name], batch)
    await assert_counted(service)


async def test_counting_goes_on_while_a_move_is_computed(service: TargetsService) -> None:
    await set_targets(service)
    await service.handle(everywhere(2))
    async with service.runtime.database.write() as work:
        await service.consumer.handle(work, [a_sign_up(unit_code="15127", signed_on=DURING)])
        move = asyncio.create_task(service.handle([a_unit(CAM_THACH, "CS-NX", version=2)]))
        await until_done_or_blocked(service, move)
        assert not move.done()
        [waiting] = await service.rows(
            "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert waiting.n == 1
        [row] = await service.rows("SELECT parent_code FROM units WHERE code = :code", code=CAM_THACH)
        assert row.parent_code == "CS-CT"
    await soon(move)
    await assert_counted(service)


async def test_a_fold_leaves_the_deltas_to_whoever_computes_from_them(service: TargetsService) -> None:
    await service.handle(everywhere(1))

    async def deltas() -> int:
        [row] = await service.rows("SELECT count(*) AS n FROM tally_deltas")
        return int(row.n)

    async with service.runtime.database.write() as work:
        await lock_rollups(work)
        before = await deltas()
        await roll_up(service.runtime.database)
        assert await deltas() == before > 0
    await roll_up(service.runtime.database)
    assert await deltas() == 0


async def test_pairs_that_are_deleted_one_by_one_take_their_own_tallies_with_them(service: TargetsService) -> None:
    """Not whole subtrees, as when a person mends the closure."""
    await service.handle(everywhere(2))
    await roll_up(service.runtime.database)
    async with service.runtime.database.write() as work:
        await work.execute(text("DELETE FROM unit_ancestors WHERE unit_code = '15142' AND ancestor_code = '38'"))
    await assert_rolled_up(service)
    async with service.runtime.database.write() as work:
        await work.execute(text("INSERT INTO unit_ancestors VALUES ('15142', '38', 2)"))
    await assert_rolled_up(service)
