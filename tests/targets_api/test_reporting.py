"""The views for reports say what the API says."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from sqlalchemy import insert

from services.calendar import WorkingCalendar
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork
from services.vocabulary import Measure, Scope
from targets_api.domain.pace import Progress, goal_of, pace_of
from targets_api.domain.target import Target
from targets_api.ledger.rollups import roll_up
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.targets import TargetRow
from tests.targets_api.builders import (
    CAM_THACH,
    HEALTH,
    LAUNCH,
    TargetsService,
    a_cancellation,
    a_sign_up,
    an_ended_unit,
    sign_ups,
)

FIGURES: Final = ("new", "renewal", "cancelled", "net", "contributions", "without_amount")
SUMS: Final = ", ".join(f"sum({name}) AS {name}" for name in FIGURES)
MEASURES: Final[tuple[Measure, ...]] = ("new", "renewal", "in_force", "coverage")


async def a_year(service: TargetsService) -> None:
    """Sign-ups of both kinds in two months, one of them cancelled."""
    first = a_sign_up(signed_on=date(2025, 9, 30))
    await service.handle(
        [first, *sign_ups(3), *sign_ups(2, kind="renewal", unit_code="15142-01", collector_code="CT-08")]
    )
    await service.handle(
        [a_cancellation(first), *sign_ups(4, unit_code="15127", organisation_code="NL", signed_on=LAUNCH)]
    )


async def sums(service: TargetsService, view: str, where: str) -> Mapping[str, int]:
    """Of a view."""
    [row] = await service.rows(f"SELECT {SUMS} FROM reporting.{view} WHERE scheme = '{HEALTH}' AND {where}")  # noqa: S608
    return {name: int(getattr(row, name) or 0) for name in FIGURES}


async def test_days_and_months_are_the_figures_of_the_api_before_and_after_they_are_folded(
    service: TargetsService,
) -> None:
    await a_year(service)
    for _ in range(2):
        for kind, codes in (
            ("unit", ("38", "CS-CT", CAM_THACH, "15127", "15142-02")),
            ("organisation", ("VNPOST", "CT", "NL")),
        ):
            for code in codes:
                progress = await service.progress(f"{kind}s/{code}")
                expected = {name: progress[name] for name in FIGURES}
                for span in ("days", "months"):
                    assert await sums(service, f"{kind}_{span}", f"{kind}_code = '{code}'") == expected, (code, span)
        await roll_up(service.runtime.database)
        [row] = await service.rows("SELECT count(*) AS n FROM tally_deltas")
        assert row.n == 0


async def test_a_day_is_in_its_row_and_in_that_of_its_month(service: TargetsService) -> None:
    await a_year(service)
    for day in (date(2025, 9, 30), LAUNCH):
        progress = await service.progress("units/38", **{"from": day.isoformat(), "on": day.isoformat()})
        expected = {name: progress[name] for name in FIGURES}
        assert await sums(service, "unit_days", f"unit_code = '38' AND day = '{day}'") == expected
        month = f"unit_code = '38' AND month = '{day.replace(day=1)}'"
        assert await sums(service, "unit_months", month) == expected


async def test_units_have_those_above_them_and_a_merged_commune_its_successor(service: TargetsService) -> None:
    await service.handle([an_ended_unit("15127", "CS-CT", LAUNCH, CAM_THACH)])
    rows = await service.rows("SELECT * FROM reporting.units ORDER BY code")
    found = {row.code: (row.province_code, row.insurance_unit_code, row.commune_code, row.path) for row in rows}
    assert found["38"] == ("38", None, None, ["38"])
    assert found["15142-01"] == ("38", "CS-CT", CAM_THACH, ["38", "CS-CT", CAM_THACH, "15142-01"])
    assert found["15127"][2] == CAM_THACH
    below = await service.rows(
        "SELECT unit_code FROM reporting.unit_ancestors WHERE ancestor_code = 'CS-CT' AND depth = 1"
    )
    assert {row.unit_code for row in below} == {CAM_THACH}
    [office] = await service.rows("SELECT path FROM reporting.organisations WHERE code = 'CT'")
    assert office.path == ["VNPOST", "CT"]


async def test_targets_have_what_the_api_shows_and_none_is_of_a_collector(service: TargetsService) -> None:
    await service.baseline(date(2025, 9, 30), covered=700, population=1000)
    period = {"starts_on": "2025-10-01", "ends_on": "2025-12-31"}
    await service.target(measure="coverage", value=0.9, **period)
    await service.target(measure="in_force", value=710, **period)
    await service.target(measure="renewal", value=7, **period)
    await service.target(scope={"organisation_code": "CT"}, **period)
    await service.target(scope={"unit_code": CAM_THACH, "collector_code": "CT-07"}, **period)
    await a_year(service)
    await service.sweep()
    shown = [
        *(await service.progress())["targets"],
        *(await service.progress("organisations/CT"))["targets"],
    ]
    rows = {str(row.target_id): row for row in await service.rows("SELECT * FROM reporting.targets")}
    assert rows.keys() == {each["id"] for each in shown}
    for each in shown:
        row = rows[each["id"]]
        assert (float(row.attained), row.status, row.severity) == (each["attained"], each["status"], each["severity"])
    withdrawn = shown[0]["id"]
    body = {"version": 1, "reason": "replaced"}
    assert (await service.http.post(f"/v1/targets/{withdrawn}/withdrawal", json=body)).status_code == 200
    [row] = await service.rows("SELECT * FROM reporting.targets WHERE withdrawn_on IS NOT NULL")
    assert (str(row.target_id), row.attained) == (withdrawn, None)


async def test_goal_and_attainment_follow_the_rule_of_pace_for_any_figures(service: TargetsService) -> None:
    chance = random.Random(7)  # noqa: S311 - the same cases each time
    given = {target.id: (target, progress) for target, progress in (a_case(chance, n) for n in range(300))}
    async with service.runtime.database.write() as work:
        for target, progress in given.values():
            await keep(work, target, progress)
    rows = await service.rows("SELECT target_id, goal, attained FROM reporting.targets")
    assert len(rows) == len(given)
    for row in rows:
        target, progress = given[row.target_id]
        verdict = pace_of(target, progress, LAUNCH, LAUNCH, WorkingCalendar(frozenset()))
        assert (row.goal, float(row.attained)) == (goal_of(target, progress), verdict.attained), (target, progress)


def a_case(chance: random.Random, number: int) -> tuple[Target, Progress]:
    """A target, and how far it may have come."""
    measure = MEASURES[number % len(MEASURES)]
    value = chance.randint(1, 9999) / 10_000 if measure == "coverage" else float(chance.randint(1, 40_000))
    period = (LAUNCH - timedelta(days=30), LAUNCH + timedelta(days=30))
    target = Target(new_id(), Scope(CAM_THACH), HEALTH, measure, value, *period, str(number))
    is_share = measure == "coverage"
    population = chance.randint(1, 60_000) if is_share else None
    began = chance.randint(0, 40_000) if measure in ("coverage", "in_force") else 0
    then = chance.choice([None, chance.randint(1, 60_000)]) if is_share else None
    return target, Progress(chance.randint(-10, 50_000), began, population, None, then)


async def keep(work: UnitOfWork, target: Target, progress: Progress) -> None:
    """As the tables hold both."""
    common = {"id": target.id, "scheme": target.scheme, "measure": target.measure, "value": target.value}
    days = {"starts_on": target.starts_on, "ends_on": target.ends_on, "name": target.name}
    await work.execute(insert(TargetRow), [{**common, **days, "unit_code": target.scope.unit_code}])
    figures = {"achieved": progress.achieved, "covered_at_start": progress.covered_at_start}
    populations = {"population": progress.population, "population_at_start": progress.population_at_start}
    row = {"target_id": target.id, "count_from": target.starts_on, **figures, **populations}
    await work.execute(insert(AttainmentRow), [row])
