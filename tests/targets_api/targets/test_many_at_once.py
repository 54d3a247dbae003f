"""Many targets are set, revised and withdrawn in one unit of work: a wrong one does not affect the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.context import Actor, context_of
from services.errors import DomainError, NotKnownYet, StaleVersion
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork
from services.vocabulary import Scope
from targets_api.domain.revision import Change, Revision, Withdrawal
from targets_api.domain.target import InvalidTarget, NoSuchTarget, Target, TargetDiffers
from targets_api.targets import store
from targets_api.targets.usecases import SetTarget, change_targets, set_each
from tests.support.plans import Explained, rows_read
from tests.targets_api.builders import CAM_THACH, HEALTH, TargetsService, sign_ups

AFTER_FRIDAY = date(2025, 11, 8)
AGENCY = Actor("BHXH-38", "a client", frozenset())


def a_target(unit: str, value: float = 100, **changes: Any) -> Target:
    target = Target(new_id(), Scope(unit), HEALTH, "new", value, date(2025, 11, 3), date(2025, 11, 14))
    return replace(target, **changes)


async def set_all(service: TargetsService, *targets: Target) -> list[SetTarget | DomainError]:
    async with service.runtime.database.write() as work:
        return await set_each(work, context_of(service.runtime.clock, actor=AGENCY), targets)


async def change_all(service: TargetsService, changes: dict[UUID, Change]) -> dict[UUID, Target | DomainError]:
    async with service.runtime.database.write() as work:
        return await change_targets(work, context_of(service.runtime.clock, actor=AGENCY), changes)


async def test_each_wrong_target_is_refused_and_the_others_are_set(service: TargetsService) -> None:
    standing = await service.target()
    outcomes = await set_all(
        service,
        a_target("15127"),
        a_target("15127", name="again"),
        a_target("nowhere"),
        a_target(CAM_THACH, 90),
        a_target("15127", 0),
        a_target("15127", 0.9, measure="coverage"),
        a_target("15127", parent_id=UUID(standing["id"]), name="a share"),
        a_target("15142-01", scope=Scope("15142-01", "NL", "CT-07")),
        a_target("15142-01", 40, parent_id=UUID(standing["id"])),
    )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [
        *(SetTarget, SetTarget, NotKnownYet, TargetDiffers),
        *(InvalidTarget, InvalidTarget, InvalidTarget, InvalidTarget, SetTarget),
    ]
    pointers = [[error.pointer for error in each.errors] for each in outcomes if isinstance(each, DomainError)]
    assert pointers == [
        *(["/scope/unit_code"], ["/value"], ["/value"], ["/scope/unit_code"], ["/scope"], ["/scope/collector_code"])
    ]
    assert [row.n for row in await service.rows("SELECT count(*) AS n FROM targets")] == [4]
    assert len(await service.published("drive.target.set")) == 4


async def test_many_changes_are_made_in_one_act_and_wrong_ones_affect_no_other(service: TargetsService) -> None:
    units = (CAM_THACH, "15127", "15142-01", "15142-02")
    revised, withdrawn, stale, late = [UUID((await service.target(scope={"unit_code": unit}))["id"]) for unit in units]
    await service.handle(sign_ups(30, signed_on=date(2025, 11, 4), unit_code="15127"))
    await service.sweep(AFTER_FRIDAY)
    nowhere = new_id()
    outcomes = await change_all(
        service,
        {
            nowhere: Withdrawal(1, "Set twice."),
            withdrawn: Withdrawal(1, "Set twice."),
            late: Revision(1, 50, date(2025, 11, 20), "Too late."),
            stale: Revision(2, 50, AFTER_FRIDAY, "Not seen."),
            revised: Revision(1, 1, AFTER_FRIDAY, "Lower."),
        },
    )
    refused = {each: type(outcome) for each, outcome in outcomes.items() if isinstance(outcome, DomainError)}
    assert refused == {nowhere: NoSuchTarget, stale: StaleVersion, late: InvalidTarget}
    rows = await service.rows("SELECT id, version, value, withdrawn_on FROM targets ORDER BY value, withdrawn_on")
    assert {row.id: (row.version, row.value, row.withdrawn_on) for row in rows} == {
        revised: (2, 1, None),
        withdrawn: (2, 100, AFTER_FRIDAY),
        stale: (1, 100, None),
        late: (1, 100, None),
    }
    changes = await service.rows("SELECT target_id, version, value_before, value, reason, subject FROM target_changes")
    assert {tuple(row) for row in changes} == {
        (revised, 2, 100, 1, "Lower.", "a client"),
        (withdrawn, 2, None, None, "Set twice.", "a client"),
    }


async def test_the_alerts_of_all_that_are_withdrawn_at_once_are_resolved(service: TargetsService) -> None:
    units = (CAM_THACH, "15127", "15142-01")
    targets = [UUID((await service.target(scope={"unit_code": unit}))["id"]) for unit in units]
    await service.sweep(AFTER_FRIDAY)
    assert await service.transitions() == ["fell_behind"] * 3
    await change_all(service, {target: Withdrawal(1, "Replaced.") for target in targets})
    resolved = [event.data for event in await service.published()][3:]
    assert {facts.target_id for facts in resolved} == set(targets)
    assert all(facts.withdrawn for facts in resolved)
    assert (await service.transitions())[3:] == ["recovered"] * 3


COPY = """
INSERT INTO targets (id, unit_code, organisation_code, collector_code, scheme, measure, value, starts_on, ends_on, name)
SELECT gen_random_uuid(), CASE scope WHEN 1 THEN 'V-' || n / 4 END, CASE scope WHEN 2 THEN 'O-' || n / 4 END,
    CASE scope WHEN 3 THEN 'C-' || n / 4 END, 'household_health', 'new', 1, day, day, 'Copy'
FROM generate_series(1, :n) n, generate_series(1, 3) scope, CAST(date '2020-01-01' + n AS date) day
"""


async def test_what_stands_for_the_same_is_found_without_reading_the_targets_of_others(service: TargetsService) -> None:
    scopes = [Scope(CAM_THACH), Scope(None, "CT"), Scope(None, None, "CT-07"), Scope("15142-01", "CT", "CT-07")]
    targets = [a_target("", scope=scope) for scope in scopes]
    assert {type(outcome) for outcome in await set_all(service, *targets)} == {SetTarget}
    async with service.runtime.database.write() as work:
        await work.execute(text(COPY), {"n": 5_000})
        await work.execute(text("ANALYZE targets"))
    async with service.runtime.database.read() as session:
        assert {found.id for found in await store.same_targets(session, targets)} == {each.id for each in targets}
        wanted = store.identities(targets)
        [[plan]] = await session.scalars(Explained(store.SAME_TARGETS.statement), wanted)
    assert rows_read(plan["Plan"], "targets") <= 2 * len(targets)


async def test_a_target_that_is_withdrawn_while_it_is_set_again_is_set_anew(
    service: TargetsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = UUID((await service.target())["id"]), a_target("15127")
    read = store.same_targets

    async def withdrawn_before(work: UnitOfWork, targets: Sequence[Target]) -> list[Target]:
        monkeypatch.setattr(store, "same_targets", read)
        await change_all(service, {first: Withdrawal(1, "Set twice.")})
        return await read(work, targets)

    monkeypatch.setattr(store, "same_targets", withdrawn_before)
    again, also = await set_all(service, a_target(CAM_THACH), other)
    assert isinstance(again, SetTarget)
    assert isinstance(also, SetTarget)
    assert (again.is_new, also.is_new, also.target.id) == (True, True, other.id)
    assert again.target.id != first
    assert len(await service.published("drive.target.set")) == 3
    assert [row.n for row in await service.rows("SELECT count(*) AS n FROM target_progress")] == [3]


def compared(node: dict[str, Any]) -> float:
    """How many pairs of rows a plan has joined for nothing."""
    here = node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"]
    return float(here + sum(compared(child) for child in node.get("Plans", [])))


async def test_what_stands_for_the_same_is_looked_up_one_by_one_before_there_are_statistics(
    service: TargetsService,
) -> None:
    targets = [a_target(f"V-{n}") for n in range(300)]
    async with service.runtime.database.write() as work:
        for setting in ("enable_hashjoin = off", "enable_mergejoin = off", "plan_cache_mode = force_generic_plan"):
            await work.execute(text(f"SET LOCAL {setting}"))
        await store.insert_targets(work, targets, context_of(service.runtime.clock))
        [[plan]] = await work.scalars(Explained(store.SAME_TARGETS.statement), store.identities(targets))
    assert compared(plan["Plan"]) == 0
    assert rows_read(plan["Plan"], "targets") <= 2 * len(targets)
