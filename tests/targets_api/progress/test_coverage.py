"""Coverage of units: of their own baseline, or of the baselines of their parts; and children that add up."""

from __future__ import annotations

from datetime import date
from typing import Any

from targets_api.progress.schemas import ChildrenProgress
from tests.targets_api.builders import CAM_THACH, HEALTH, LAUNCH, TargetsService, a_sign_up, a_unit, sign_ups

CAM_THUY = "15127"
OCTOBER = {"starts_on": "2025-10-01", "ends_on": "2025-12-31"}


async def coverage(service: TargetsService, unit: str, **params: str) -> tuple[Any, ...]:
    """Population, covered, coverage, and the communes without a baseline."""
    progress = await service.progress(f"units/{unit}", **params)
    return tuple(progress[name] for name in ("population", "covered", "coverage", "without_baseline"))


async def test_a_unit_without_a_baseline_has_the_sums_of_those_below_it(service: TargetsService) -> None:
    assert await coverage(service, "38") == (None, None, None, [CAM_THUY, CAM_THACH])
    await service.baseline(date(2025, 10, 20), covered=700, population=1000)
    assert await coverage(service, "38") == (1000, 700, 0.7, [CAM_THUY])
    await service.baseline(date(2025, 10, 23), covered=100, population=500, unit=CAM_THUY)
    await service.handle(
        [
            *sign_ups(5, signed_on=date(2025, 10, 23), unit_code="15142-01"),
            *sign_ups(7, signed_on=date(2025, 10, 23), unit_code=CAM_THUY),
            *sign_ups(9, signed_on=date(2025, 10, 24), unit_code=CAM_THUY),
            *sign_ups(11, signed_on=date(2025, 10, 24), unit_code=CAM_THUY, kind="renewal"),
        ]
    )
    for unit in ("38", "CS-CT"):
        assert await coverage(service, unit) == (1500, 814, 0.5426, [])
        assert await coverage(service, unit, on="2025-10-22") == (1000, 700, 0.7, [CAM_THUY])
    assert await coverage(service, CAM_THUY) == (500, 109, 0.218, [])


async def test_a_baseline_of_its_own_counts_for_a_unit_and_for_what_is_above_it(service: TargetsService) -> None:
    await service.baseline(date(2025, 10, 20), covered=700, population=1000)
    await service.baseline(date(2025, 10, 22), covered=900, population=1600, unit="CS-CT")
    await service.handle(sign_ups(3, unit_code=CAM_THUY))
    assert await coverage(service, "38") == (1600, 903, 0.5643, [])
    assert await coverage(service, CAM_THUY) == (None, None, None, [CAM_THUY])
    assert await coverage(service, "15142-01") == (None, None, None, [])


async def test_a_stock_target_of_a_unit_without_a_baseline_is_measured_by_its_parts(service: TargetsService) -> None:
    await service.baseline(date(2025, 9, 30), covered=700, population=1000)
    target = await service.target(scope={"unit_code": "38"}, measure="coverage", value=0.9, **OCTOBER)
    assert await service.achieved(target["id"]) == 700
    await service.handle(sign_ups(4, unit_code="15142-01"))
    assert await service.achieved(target["id"]) == 704
    await service.baseline(date(2025, 10, 24), covered=300, population=500, unit=CAM_THUY)
    on_its_day = a_sign_up(unit_code=CAM_THUY, signed_on=date(2025, 10, 24))
    await service.handle([*sign_ups(6, unit_code=CAM_THUY), on_its_day])
    assert await service.achieved(target["id"]) == 1010
    [pace] = (await service.progress("units/38"))["targets"]
    assert (pace["attained"], pace["because"][:24]) == (0.028, "10 of 350 persons (2.8%)")


async def test_a_stock_target_needs_a_baseline_somewhere_below(service: TargetsService) -> None:
    body = {"scheme": HEALTH, "scope": {"unit_code": "38"}, "measure": "in_force", "value": 9, **OCTOBER}
    answer = await service.http.post("/v1/targets", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/scope/unit_code")


async def test_a_target_is_not_critical_because_its_first_baseline_came_late(service: TargetsService) -> None:
    service.runtime.clock.pin(date(2025, 12, 2))
    await service.baseline(date(2025, 12, 1), covered=1000, population=2000)
    await service.target(measure="in_force", value=1500, starts_on="2025-01-01", ends_on="2025-12-31")
    assert await service.transitions() == []
    [pace] = (await service.progress())["targets"]
    assert (pace["status"], pace["expected"], pace["needed_per_day"]) == ("on_track", 0.0, 22.8)


async def test_coverage_is_not_rounded_up_to_a_goal(service: TargetsService) -> None:
    await service.baseline(date(2025, 10, 20), covered=95_149, population=100_000)
    await service.target(measure="coverage", value=0.9515, **OCTOBER)
    progress = await service.progress()
    [pace] = progress["targets"]
    assert (progress["coverage"], pace["attained"], pace["needed_per_day"]) == (0.9514, 0.999, 0.1)


async def test_children_add_up_to_their_parent(service: TargetsService) -> None:
    await service.handle(
        [
            *sign_ups(2, unit_code="15142-01"),
            *sign_ups(3, unit_code="15142-02", kind="renewal"),
            *sign_ups(5, unit_code=CAM_THACH),
            *sign_ups(7, unit_code=CAM_THACH, kind="renewal"),
        ]
    )
    parent = await service.progress()
    children = ChildrenProgress.model_validate(await service.progress(f"units/{CAM_THACH}/children"))
    assert [(c.unit.code, c.direct, c.new, c.renewal) for c in children.items] == [
        ("15142-01", False, 2, 0),
        ("15142-02", False, 0, 3),
        (CAM_THACH, True, 5, 7),
    ]
    assert sum(child.new for child in children.items) == parent["new"]
    assert sum(child.renewal for child in children.items) == parent["renewal"]
    communes = ChildrenProgress.model_validate(await service.progress("units/CS-CT/children"))
    assert not any(child.direct for child in communes.items)


async def test_children_are_in_the_order_of_the_vietnamese_alphabet(service: TargetsService) -> None:
    names = ("Thôn An", "Thôn Ân", "Thôn Dân", "Thôn Đan", "Thôn Em", "Thôn Êm")
    await service.handle([a_unit(f"V-{n}", CAM_THUY, "village", name=name) for n, name in enumerate(reversed(names))])
    children = ChildrenProgress.model_validate(await service.progress(f"units/{CAM_THUY}/children", on=str(LAUNCH)))
    assert tuple(child.unit.name for child in children.items) == names


async def test_a_verdict_on_a_stock_names_how_many_communes_are_missing(service: TargetsService) -> None:
    await service.baseline(date(2025, 9, 30), covered=960, population=1000)
    await service.target(scope={"unit_code": "38"}, measure="coverage", value=0.95, **OCTOBER)
    [pace] = (await service.progress("units/38"))["targets"]
    assert pace["because"].endswith("; without 1 commune that no baseline counts")


async def test_a_late_baseline_of_a_part_does_not_begin_the_target_anew(service: TargetsService) -> None:
    await service.baseline(date(2025, 9, 30), covered=5000, population=10_000)
    await service.target(scope={"unit_code": "CS-CT"}, measure="in_force", value=6000, **OCTOBER)
    service.runtime.clock.pin(date(2025, 11, 12))
    [before] = (await service.progress("units/CS-CT"))["targets"]
    await service.baseline(date(2025, 11, 11), covered=100, population=1000, unit=CAM_THUY)
    [after] = (await service.progress("units/CS-CT"))["targets"]
    assert (before["expected"], before["status"]) == (after["expected"], after["status"]) == (0.454, "behind")


async def test_a_share_that_falls_with_a_new_population_is_not_ahead(service: TargetsService) -> None:
    await service.baseline(date(2025, 9, 30), covered=9400, population=10_000)
    await service.target(measure="coverage", value=0.97, **OCTOBER)
    await service.baseline(date(2025, 10, 20), covered=9600, population=12_000)
    [pace] = (await service.progress())["targets"]
    assert (pace["status"], pace["attained"]) == ("behind", 0.0)


async def test_a_verdict_from_a_late_baseline_says_since_when(service: TargetsService) -> None:
    service.runtime.clock.pin(date(2025, 11, 12))
    await service.baseline(date(2025, 11, 7), covered=1000, population=2000)
    await service.target(measure="in_force", value=1500, **OCTOBER)
    [pace] = (await service.progress())["targets"]
    assert pace["because"].endswith("are over, of those since the first baseline, from 2025-11-08 on")
