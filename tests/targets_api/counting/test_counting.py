"""Counting sign-ups: once each, in any order, under whatever the registry says by then."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from sqlalchemy import text

from tests.targets_api.builders import (
    CAM_THACH,
    LAUNCH,
    Drive,
    a_registry,
    a_sign_up,
    a_unit,
    an_organisation,
    sign_ups,
)

PERIOD = {"starts_on": "2025-10-25", "ends_on": "2025-12-31"}


async def the_ledger_equals_the_tallies(drive: Drive) -> None:
    [row] = await drive.rows("SELECT (SELECT count(*) FROM ledger) AS ledger, (SELECT sum(n) FROM tallies) AS tallies")
    assert row.ledger == row.tallies


async def test_the_launch_day_counts_352_and_coverage_follows(drive: Drive) -> None:
    await drive.baseline(date(2025, 10, 24))
    target = await drive.target(measure="coverage", value=0.9515, **PERIOD)
    await drive.hear(sign_ups(352))
    progress = await drive.progress()
    figures = {name: progress[name] for name in ("new", "renewal", "cancelled", "net", "population", "covered")}
    assert figures == {"new": 352, "renewal": 0, "cancelled": 0, "net": 352, "population": 26697, "covered": 20054}
    assert progress["unit"] == {"code": CAM_THACH, "name": "Xã Cẩm Thạch", "level": "commune"}
    assert (progress["coverage"], progress["on"], progress["from"]) == (0.7512, "2025-10-25", "2025-01-01")
    [pace] = progress["targets"]
    assert (pace["id"], pace["attained"], pace["status"]) == (target["id"], 0.062, "on_track")
    later = (await drive.progress(on="2025-10-31"))["targets"][0]
    assert (later["expected"], later["ratio"], later["status"], later["severity"]) == (
        0.104,
        0.593,
        "behind",
        "critical",
    )
    assert later["needed_per_day"] == 124.4


async def test_a_redelivered_event_counts_once(drive: Drive) -> None:
    target = await drive.target(**PERIOD)
    batch = sign_ups(5)
    await drive.hear([*batch, batch[0]])
    await drive.hear([*batch[2:], a_sign_up()])
    await drive.hear(batch)
    assert (await drive.progress())["new"] == 6
    assert await drive.achieved(target["id"]) == 6
    await the_ledger_equals_the_tallies(drive)


async def test_a_batch_that_comes_to_two_consumers_at_once_counts_once(drive: Drive) -> None:
    target = await drive.target(**PERIOD)
    batch = sign_ups(300)
    await asyncio.gather(drive.hear(batch), drive.hear(batch[::-1]), drive.hear(batch[100:]))
    assert (await drive.progress())["new"] == 300
    assert await drive.achieved(target["id"]) == 300
    await the_ledger_equals_the_tallies(drive)


async def test_only_what_is_in_its_scope_counts_for_a_target(drive: Drive) -> None:
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
    targets = {name: (await drive.target(scope=scope, **PERIOD))["id"] for name, scope in scopes.items()}
    renewals = (await drive.target(measure="renewal", **PERIOD))["id"]
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
    await drive.hear(batch)
    achieved = {name: await drive.achieved(target) for name, target in targets.items()}
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
    assert await drive.achieved(renewals) == 1


async def test_what_was_signed_before_a_target_was_set_counts_for_it(drive: Drive) -> None:
    await drive.baseline(date(2025, 10, 20))
    await drive.hear([*sign_ups(3), *sign_ups(2, signed_on=date(2025, 10, 22), unit_code="15142-01")])
    assert await drive.achieved((await drive.target(**PERIOD))["id"]) == 3
    stock = await drive.target(measure="in_force", value=20000, **PERIOD)
    assert await drive.achieved(stock["id"]) == 19707
    [row] = await drive.rows("SELECT covered_at_start FROM target_progress WHERE covered_at_start > 0")
    assert row.covered_at_start == 19704
    by_collector = await drive.target(scope={"collector_code": "CT-07"}, **PERIOD)
    by_organisation = await drive.target(scope={"organisation_code": "VNPOST"}, **PERIOD)
    assert [await drive.achieved(t["id"]) for t in (by_collector, by_organisation)] == [3, 3]


async def test_a_late_sign_up_from_before_the_start_moves_the_start_and_not_the_way_gone(drive: Drive) -> None:
    await drive.baseline(date(2025, 10, 20), covered=1000, population=2000)
    await drive.target(measure="in_force", value=2000, **PERIOD)
    await drive.hear(sign_ups(10, signed_on=date(2025, 10, 23)))
    progress = await drive.progress()
    assert (progress["covered"], progress["targets"][0]["attained"]) == (1010, 0.0)
    [row] = await drive.rows("SELECT covered_at_start, achieved FROM target_progress")
    assert (row.covered_at_start, row.achieved) == (1010, 1010)


async def test_a_target_begins_from_the_first_baseline_within_its_period_where_there_is_none_before(
    drive: Drive,
) -> None:
    drive.runtime.clock.pin(date(2025, 11, 30))
    await drive.baseline(date(2025, 10, 31), covered=1000, population=2000)
    await drive.target(measure="coverage", value=1.0, **PERIOD)
    await drive.hear([*sign_ups(100), *sign_ups(50, signed_on=date(2025, 11, 1))])
    progress = await drive.progress()
    assert (progress["covered"], progress["targets"][0]["attained"]) == (1050, 0.05)
    await drive.baseline(date(2025, 11, 2), covered=1200, population=2000)
    assert (await drive.progress())["targets"][0]["attained"] == 0.2


async def test_sign_ups_before_the_registry_are_counted_when_it_arrives(drive: Drive) -> None:
    province = await drive.target(scope={"unit_code": "38"}, **PERIOD)
    everybody = await drive.target(scope={"organisation_code": "VNPOST"}, **PERIOD)
    await drive.hear(sign_ups(7, unit_code="14923-05", organisation_code="BT", collector_code="BT-01"))
    assert (await drive.progress("units/38"))["new"] == 0
    await drive.hear([a_unit("14923-05", "14923", "village")])
    await drive.hear([a_unit("14923", "38"), an_organisation("BT", "VNPOST")])
    assert (await drive.progress("units/38"))["new"] == 7
    assert (await drive.progress("organisations/VNPOST"))["new"] == 7
    assert await drive.achieved(province["id"]) == 7
    assert await drive.achieved(everybody["id"]) == 7


async def test_a_registry_in_any_order_makes_the_same_closure(drive: Drive) -> None:
    closure = "SELECT unit_code, ancestor_code, depth FROM unit_ancestors ORDER BY 1, 2"
    as_told = await drive.rows(closure)
    events = [event for event in a_registry() if event.type.startswith("drive.registry.unit")]
    async with drive.runtime.database.write() as work:
        await work.execute(text("TRUNCATE units, unit_ancestors"))
    for event in reversed(events):
        await drive.hear([event])
    assert await drive.rows(closure) == as_told
    assert len(as_told) == 1 + 2 + 3 + 3 + 4 + 4


async def test_what_a_moved_unit_has_counts_below_its_new_parent_only(drive: Drive) -> None:
    old, new = await drive.target(**PERIOD), await drive.target(scope={"unit_code": "15127"}, **PERIOD)
    await drive.hear(sign_ups(4, unit_code="15142-01"))
    await drive.hear([a_unit("15142-01", "15127", "village", version=2)])
    assert [await drive.achieved(t["id"]) for t in (old, new)] == [0, 4]
    assert (await drive.progress("units/15127"))["new"] == 4
    await drive.hear([a_unit("15142-01", CAM_THACH, "village", version=1)])
    assert [await drive.achieved(t["id"]) for t in (old, new)] == [0, 4]


async def test_a_commune_takes_its_villages_along(drive: Drive) -> None:
    await drive.hear(sign_ups(4, unit_code="15142-01"))
    await drive.hear([a_unit("CS-BT", "38", "insurance_unit"), a_unit(CAM_THACH, "CS-BT", version=2)])
    assert (await drive.progress("units/CS-BT"))["new"] == 4
    assert (await drive.progress("units/CS-CT"))["new"] == 0


async def test_a_ring_of_parents_does_not_hang_anything(drive: Drive) -> None:
    await drive.hear([a_unit("38", CAM_THACH, "province", version=2)])
    await drive.hear([*sign_ups(2), a_unit("38", None, "province", version=3)])
    assert (await drive.progress("units/38"))["new"] == 2


async def test_no_sign_up_is_lost_or_doubled_when_targets_are_set_while_batches_are_applied(drive: Drive) -> None:
    batches = [sign_ups(40, collector_code=f"CT-{n % 5}", unit_code=f"15142-0{n % 2 + 1}") for n in range(12)]

    async def apply() -> None:
        for batch in batches:
            await drive.hear(batch)

    async def set_targets() -> list[str]:
        return [(await drive.target(name=f"Sprint {n}", **PERIOD))["id"] for n in range(8)]

    async def move() -> None:
        for version in range(2, 8):
            await drive.hear([a_unit("15142-01", CAM_THACH if version % 2 else "15127", "village", version=version)])

    _, _, targets, _ = await asyncio.gather(apply(), apply(), set_targets(), move())
    assert [await drive.achieved(target) for target in targets] == [480] * len(targets)
    await the_ledger_equals_the_tallies(drive)
