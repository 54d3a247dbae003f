"""Counting sign-ups: once each, in any order, under whatever the registry says by then."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.targets_api.builders import (
    CAM_THACH,
    LAUNCH,
    TargetsService,
    a_correction,
    a_registry,
    a_sign_up,
    a_unit,
    an_organisation,
    sign_ups,
)

PERIOD = {"starts_on": "2025-10-25", "ends_on": "2025-12-31"}


async def the_ledger_equals_the_tallies(service: TargetsService) -> None:
    [row] = await service.rows(
        "SELECT (SELECT count(*) FROM ledger) AS ledger, (SELECT sum(n) FROM tallies) AS tallies"
    )
    assert row.ledger == row.tallies


async def test_the_launch_day_counts_352_and_coverage_follows(service: TargetsService) -> None:
    await service.baseline(date(2025, 10, 24))
    target = await service.target(measure="coverage", value=0.9515, **PERIOD)
    await service.handle(sign_ups(352))
    progress = await service.progress()
    figures = {name: progress[name] for name in ("new", "renewal", "cancelled", "net", "population", "covered")}
    assert figures == {"new": 352, "renewal": 0, "cancelled": 0, "net": 352, "population": 26697, "covered": 20054}
    assert progress["unit"] == {"code": CAM_THACH, "name": "Xã Cẩm Thạch", "level": "commune"}
    assert (progress["coverage"], progress["on"], progress["from"]) == (0.7511, "2025-10-25", "2025-01-01")
    [pace] = progress["targets"]
    assert (pace["id"], pace["attained"], pace["status"]) == (target["id"], 0.061, "on_track")
    service.runtime.clock.pin(date(2025, 11, 1))
    [later] = (await service.progress())["targets"]
    assert (later["expected"], later["ratio"]) == (0.104, 0.592)
    assert (later["status"], later["severity"]) == ("behind", "critical")
    assert later["needed_per_day"] == 124.4


async def test_a_redelivered_event_counts_once(service: TargetsService) -> None:
    target = await service.target(**PERIOD)
    batch = sign_ups(5)
    await service.handle([*batch, batch[0]])
    await service.handle([*batch[2:], a_sign_up()])
    await service.handle(batch)
    assert (await service.progress())["new"] == 6
    assert await service.achieved(target["id"]) == 6
    await the_ledger_equals_the_tallies(service)


async def test_a_batch_that_comes_to_two_consumers_at_once_counts_once(service: TargetsService) -> None:
    target = await service.target(**PERIOD)
    batch = sign_ups(300)
    await asyncio.gather(service.handle(batch), service.handle(batch[::-1]), service.handle(batch[100:]))
    assert (await service.progress())["new"] == 300
    assert await service.achieved(target["id"]) == 300
    await the_ledger_equals_the_tallies(service)


async def test_only_what_is_in_its_scope_counts_for_a_target(service: TargetsService) -> None:
    scopes = {
        "commune": {"unit_code": CAM_THACH},
        "province": {"unit_code": "38"},
        "village": {"unit_code": "15142-01"},
        "post office": {"organisation_code": "CT"},
        "all post offices": {"organisation_code": "VNPOST"},
        "collector": {"collector_code": "CT-07"},
        "post office in a commune": {"unit_code": CAM_THACH, "organisation_code": "CT"},
        "collector in a village": {"unit_code": "15142-02", "collector_code": "CT-08"},
    }
    targets = {name: (await service.target(scope=scope, **PERIOD))["id"] for name, scope in scopes.items()}
    renewals = (await service.target(measure="renewal", **PERIOD))["id"]
    batch = [
        a_sign_up(),
        a_sign_up(unit_code="15142-01"),
        a_sign_up(unit_code="15142-02", collector_code="CT-08"),
        a_sign_up(unit_code="15127", organisation_code="NL", collector_code="NL-01"),
        a_sign_up(kind="renewal"),
        a_sign_up(scheme="voluntary_social"),
        a_sign_up(signed_on=LAUNCH - timedelta(days=1)),
        a_sign_up(signed_on=date(2026, 1, 1)),
    ]
    await service.handle(batch)
    achieved = {name: await service.achieved(target) for name, target in targets.items()}
    expected = {
        "commune": 3,
        "province": 4,
        "village": 1,
        "post office": 3,
        "all post offices": 4,
        "collector": 2,
        "post office in a commune": 3,
        "collector in a village": 1,
    }
    assert achieved == expected
    assert await service.achieved(renewals) == 1


async def test_what_was_signed_before_a_target_was_set_counts_for_it(service: TargetsService) -> None:
    await service.baseline(date(2025, 10, 20))
    await service.handle([*sign_ups(3), *sign_ups(2, signed_on=date(2025, 10, 22), unit_code="15142-01")])
    assert await service.achieved((await service.target(**PERIOD))["id"]) == 3
    stock = await service.target(measure="in_force", value=20000, **PERIOD)
    assert await service.achieved(stock["id"]) == 19707
    [row] = await service.rows("SELECT covered_at_start FROM target_progress WHERE covered_at_start > 0")
    assert row.covered_at_start == 19704
    by_collector = await service.target(scope={"collector_code": "CT-07"}, **PERIOD)
    by_organisation = await service.target(scope={"organisation_code": "VNPOST"}, **PERIOD)
    assert [await service.achieved(t["id"]) for t in (by_collector, by_organisation)] == [3, 3]


async def test_a_late_sign_up_from_before_the_start_moves_the_start_and_not_the_way_gone(
    service: TargetsService,
) -> None:
    await service.baseline(date(2025, 10, 20), covered=1000, population=2000)
    await service.target(measure="in_force", value=2000, **PERIOD)
    await service.handle(sign_ups(10, signed_on=date(2025, 10, 23)))
    progress = await service.progress()
    assert (progress["covered"], progress["targets"][0]["attained"]) == (1010, 0.0)
    [row] = await service.rows("SELECT covered_at_start, achieved FROM target_progress")
    assert (row.covered_at_start, row.achieved) == (1010, 1010)


async def test_a_target_begins_from_the_first_baseline_within_its_period_where_there_is_none_before(
    service: TargetsService,
) -> None:
    service.runtime.clock.pin(date(2025, 11, 30))
    await service.baseline(date(2025, 10, 31), covered=1000, population=2000)
    await service.target(measure="coverage", value=1.0, **PERIOD)
    await service.handle([*sign_ups(100), *sign_ups(50, signed_on=date(2025, 11, 1))])
    progress = await service.progress()
    assert (progress["covered"], progress["targets"][0]["attained"]) == (1050, 0.05)
    await service.baseline(date(2025, 11, 2), covered=1200, population=2000)
    assert (await service.progress())["targets"][0]["attained"] == 0.2


async def test_sign_ups_before_the_registry_are_counted_when_it_arrives(service: TargetsService) -> None:
    province = await service.target(scope={"unit_code": "38"}, **PERIOD)
    everybody = await service.target(scope={"organisation_code": "VNPOST"}, **PERIOD)
    await service.handle(sign_ups(7, unit_code="14923-05", organisation_code="BT", collector_code="BT-01"))
    assert (await service.progress("units/38"))["new"] == 0
    await service.handle([a_unit("14923-05", "14923", "village")])
    await service.handle([a_unit("14923", "38"), an_organisation("BT", "VNPOST")])
    assert (await service.progress("units/38"))["new"] == 7
    assert (await service.progress("organisations/VNPOST"))["new"] == 7
    assert await service.achieved(province["id"]) == 7
    assert await service.achieved(everybody["id"]) == 7


async def test_a_registry_in_any_order_makes_the_same_closure(service: TargetsService) -> None:
    closure = "SELECT unit_code, ancestor_code, depth FROM unit_ancestors ORDER BY 1, 2"
    before = await service.rows(closure)
    events = [event for event in a_registry() if event.type.startswith("drive.registry.unit")]
    async with service.runtime.database.write() as work:
        await work.execute(text("TRUNCATE units, unit_ancestors"))
    for event in reversed(events):
        await service.handle([event])
    assert await service.rows(closure) == before
    assert len(before) == 1 + 2 + 3 + 3 + 4 + 4


async def test_what_a_moved_unit_has_counts_below_its_new_parent_only(service: TargetsService) -> None:
    old, new = await service.target(**PERIOD), await service.target(scope={"unit_code": "15127"}, **PERIOD)
    await service.handle(sign_ups(4, unit_code="15142-01"))
    await service.handle([a_unit("15142-01", "15127", "village", version=2)])
    assert [await service.achieved(t["id"]) for t in (old, new)] == [0, 4]
    assert (await service.progress("units/15127"))["new"] == 4
    await service.handle([a_unit("15142-01", CAM_THACH, "village", version=1)])
    assert [await service.achieved(t["id"]) for t in (old, new)] == [0, 4]


async def test_a_commune_takes_its_villages_along(service: TargetsService) -> None:
    await service.handle(sign_ups(4, unit_code="15142-01"))
    await service.handle([a_unit("CS-BT", "38", "insurance_unit"), a_unit(CAM_THACH, "CS-BT", version=2)])
    assert (await service.progress("units/CS-BT"))["new"] == 4
    assert (await service.progress("units/CS-CT"))["new"] == 0


async def test_a_ring_of_parents_does_not_hang_anything(service: TargetsService) -> None:
    await service.handle([a_unit("38", CAM_THACH, "province", version=2)])
    await service.handle([*sign_ups(2), a_unit("38", None, "province", version=3)])
    assert (await service.progress("units/38"))["new"] == 2


async def test_no_sign_up_is_lost_or_doubled_when_targets_are_set_while_batches_are_applied(
    service: TargetsService,
) -> None:
    batches = [sign_ups(40, collector_code=f"CT-{n % 5}", unit_code=f"15142-0{n % 2 + 1}") for n in range(12)]

    async def apply() -> None:
        for batch in batches:
            await service.handle(batch)

    async def set_targets() -> list[str]:
        return [(await service.target(name=f"Sprint {n}", **PERIOD))["id"] for n in range(8)]

    async def move() -> None:
        for version in range(2, 8):
            await service.handle(
                [a_unit("15142-01", CAM_THACH if version % 2 else "15127", "village", version=version)]
            )

    _, _, targets, _ = await asyncio.gather(apply(), apply(), set_targets(), move())
    assert [await service.achieved(target) for target in targets] == [480] * len(targets)
    await the_ledger_equals_the_tallies(service)


@pytest.mark.parametrize("changes", [{"channel": "home_visit"}, {"unit_code": "15142-01"}], ids=str)
async def test_no_counter_of_the_version_is_held_before_the_commit(
    service: TargetsService, changes: dict[str, Any]
) -> None:
    """Who counts may wait for others afterwards, in the same unit of work, and these for the first counter."""
    signed, database = a_sign_up(), service.runtime.database
    await service.handle([signed])
    async with database.write() as work:
        await service.consumer.handle(work, [a_correction(signed, **changes)])
        async with database.write() as other:
            free = (await other.scalars(text("SELECT slot FROM changes FOR UPDATE SKIP LOCKED"))).all()
    assert len(free) == 64
