"""Moves past hundreds of targets: they count what a recount of the ledger says, and those that neither gain nor lose by
a move are not in its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest_asyncio
from sqlalchemy import text

from services.context import Actor, context_of
from services.contracts.envelope import Event
from services.ids import new_id
from services.vocabulary import Scope
from targets_api.domain.target import Target
from targets_api.targets.usecases import set_targets
from tests.architecture.test_list_parameters import recorded
from tests.targets_api.builders import HEALTH, TargetsService, a_unit, sign_ups
from tests.targets_api.registry.test_moves import assert_counted

DURING: Final = date(2025, 11, 4)
COMMUNES: Final = tuple(f"C{number:02}" for number in range(21))
BIG: Final[Sequence[Event]] = (
    a_unit("CS-BIG", "38", "insurance_unit"),
    *(a_unit(code, "CS-BIG") for code in COMMUNES),
    *(a_unit(f"{code}-{number}", code, "village") for code in COMMUNES for number in range(10)),
)
"""An insurance unit of 232 nodes."""
FROM_LEDGER: Final = """
    SELECT t.unit_code, p.achieved, (
        SELECT count(*) FROM ledger l JOIN unit_ancestors a USING (unit_code)
        WHERE a.ancestor_code = t.unit_code AND l.scheme = t.scheme AND l.kind = t.measure AND NOT l.cancelled
            AND l.signed_on BETWEEN t.starts_on AND t.ends_on
    ) AS counted
    FROM targets t JOIN target_progress p ON p.target_id = t.id WHERE t.measure = 'new'
"""
VERSIONS: Final = """
    SELECT t.id, t.unit_code, CAST(p.xmin AS text) AS written_by, CAST(p.xmax AS text) AS locked_by
    FROM targets t JOIN target_progress p ON p.target_id = t.id ORDER BY 1
"""


@pytest_asyncio.fixture
async def province(service: TargetsService) -> TargetsService:
    """Thanh Hóa with the insurance unit, a second province, and sign-ups in some villages of each commune of it."""
    await service.handle([*BIG, a_unit("40", None, "province")])
    for code in COMMUNES:
        await service.handle(sign_ups(2, unit_code=f"{code}-3", signed_on=DURING))
    await service.handle(sign_ups(3, unit_code="15127", signed_on=DURING))
    return service


async def set_many(service: TargetsService, count: int, units: Sequence[str]) -> None:
    """So many targets, on each of the units in turn."""
    context = context_of(service.runtime.clock, actor=Actor("BHXH-38", "a client", frozenset()))
    scopes = [Scope(units[n % len(units)]) for n in range(count)]
    days = (date(2025, 11, 3), date(2025, 11, 14))
    async with service.runtime.database.write() as work:
        ids = [new_id() for _ in scopes]
        targets = [
            Target(each, scope, HEALTH, "new", 100, *days, str(each)) for each, scope in zip(ids, scopes, strict=True)
        ]
        await set_targets(work, context, targets)


async def achieved(service: TargetsService) -> dict[str, int]:
    """What the targets of each unit count, all of them the same, and as the ledger has it."""
    rows = await service.rows(FROM_LEDGER)
    assert [row for row in rows if row.achieved != row.counted] == []
    assert len({(row.unit_code, row.achieved) for row in rows}) == len({row.unit_code for row in rows})
    return {row.unit_code: row.achieved for row in rows}


async def test_targets_count_what_the_ledger_says_after_moves_past_hundreds_of_them(province: TargetsService) -> None:
    await province.baseline(date(2025, 10, 24), unit="C00")
    await province.target(scope={"unit_code": "38"}, measure="in_force", value=30_000)
    await set_many(province, 400, ["38", "40", "CS-CT", "CS-BIG", "C00"])
    assert await achieved(province) == {"38": 45, "40": 0, "CS-CT": 3, "CS-BIG": 42, "C00": 2}
    await province.handle([a_unit("C00", "CS-CT", version=2)])
    assert await achieved(province) == {"38": 45, "40": 0, "CS-CT": 5, "CS-BIG": 40, "C00": 2}
    await province.handle([a_unit("CS-BIG", "40", "insurance_unit", version=2)])
    assert await achieved(province) == {"38": 5, "40": 40, "CS-CT": 5, "CS-BIG": 40, "C00": 2}
    await assert_counted(province)


async def moved_there_and_back(service: TargetsService, version: int) -> list[int]:
    """How many statements either move of a commune takes."""
    counts = []
    for parent in ("CS-CT", "CS-BIG"):
        with recorded(service.runtime.database) as seen:
            await service.handle([a_unit("C00", parent, version=(version := version + 1))])
        counts.append(len(seen))
    return counts


async def rows_of(service: TargetsService, *units: str) -> list[tuple[Any, ...]]:
    """By whom the rows of targets of these units were last written and locked."""
    return [tuple(row) for row in await service.rows(VERSIONS) if row.unit_code in units]


async def test_a_move_neither_locks_nor_asks_more_for_targets_that_neither_gain_nor_lose(
    province: TargetsService,
) -> None:
    await set_many(province, 2, ["CS-CT", "CS-BIG"])
    few = await moved_there_and_back(province, 1)
    await set_many(province, 400, ["38", "C00", "C01", "15127"])
    others = await rows_of(province, "38", "C00", "C01", "15127")
    concerned = await rows_of(province, "CS-CT", "CS-BIG")
    assert await moved_there_and_back(province, 3) == few
    assert await rows_of(province, "38", "C00", "C01", "15127") == others
    assert not set(await rows_of(province, "CS-CT", "CS-BIG")) & set(concerned)
    assert len(others) == 400


async def test_a_move_that_hundreds_of_targets_gain_by_asks_no_more_for_them(province: TargetsService) -> None:
    await set_many(province, 2, ["CS-CT", "CS-BIG"])
    few = await moved_there_and_back(province, 1)
    await set_many(province, 400, ["CS-CT", "CS-BIG"])
    assert await moved_there_and_back(province, 3) == few


async def test_a_target_that_was_just_written_is_seen_to_be_locked(province: TargetsService) -> None:
    """What the tests before go by."""
    await set_many(province, 1, ["38"])
    before = await rows_of(province, "38")
    async with province.runtime.database.write() as work:
        await work.execute(text("SELECT 1 FROM target_progress FOR UPDATE"))
    assert await rows_of(province, "38") != before
