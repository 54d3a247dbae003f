"""Workers that are killed in the middle of a sweep: the next one goes on, and each change is told once."""

from __future__ import annotations

from functools import partial

import pytest

from drive.client.client import until
from tests.faults.faults import administrator
from tests.faults.held_up import HELD_UP, closed_gate, keep_what_is_told
from tests.support.installation import Installation

EACH = 400
AFTER_FRIDAY = "2025-11-08"
_TARGETS = """
    INSERT INTO units (code, name, level, version) VALUES ('38', 'Thanh Hóa', 'province', 1);
    INSERT INTO targets (id, unit_code, scheme, measure, value, starts_on, ends_on, name)
    SELECT gen_random_uuid(), '38', 'household_health', 'new', 100, '2025-11-03', '2025-11-14', n::text
    FROM generate_series(1, 3 * {}) n;
    INSERT INTO target_progress
        (target_id, achieved, covered_at_start, count_from, reviewed_on,
         status, lagging, severity, told, episode, revision)
    SELECT id, CASE kind WHEN 2 THEN 60 ELSE 0 END, 0, starts_on, '2025-11-07', was.*
    FROM (SELECT *, name::int % 3 AS kind FROM targets) AS t,
        LATERAL (VALUES ('on_track', false, NULL, NULL, 0, 0), ('behind', true, 'warning', 'warning', 1, 1)) AS was
    WHERE (was.column1 = 'behind') = (kind > 0);
"""
"""A third of them will fall behind, a third worsen, a third recover."""
_TYPES = "NEW.type LIKE 'drive.pace.%' AND NEW.type <> 'drive.pace.summary.v1'"
_LEFT = f"SELECT count(*) FROM target_progress WHERE reviewed_on < '{AFTER_FRIDAY}'"  # noqa: S608 - constants only
_TOLD_OF = "SELECT split_part(type, '.', 3), count(*), count(DISTINCT id) FROM told GROUP BY 1 ORDER BY 1"


async def prepare(installation: Installation) -> None:
    """Targets, and a table of all events that were committed."""
    installation.environment["DRIVE_TODAY"] = AFTER_FRIDAY
    async with administrator(installation, "targets") as connection:
        await connection.execute(_TARGETS.format(EACH))
    await keep_what_is_told(installation, "targets", _TYPES)


async def left(installation: Installation) -> int:
    """How many targets are not reviewed yet."""
    return int((await installation.rows("targets", _LEFT))[0][0])


async def each_was_told_once(installation: Installation) -> None:
    """Every change, once all are reviewed."""
    await until("the end of the sweep", lambda: left(installation), lambda n: n == 0, seconds=120)
    told = [tuple(row) for row in await installation.rows("targets", _TOLD_OF)]
    assert told == [(kind, EACH, EACH) for kind in ("fell_behind", "recovered", "worsened")]


@pytest.mark.parametrize("where", HELD_UP)
async def test_a_sweep_whose_worker_is_killed_again_and_again_tells_each_change_once(
    installation: Installation, where: str
) -> None:
    await prepare(installation)
    seen = {await left(installation)}
    async with closed_gate(installation, "targets", _TYPES, where) as gate:
        for _ in range(3):
            await installation.start("worker", "targets")
            await gate.until_held_up()
            await gate.let_some_through(partial(left, installation))
            await installation.kill("worker", "targets")
            seen.add(await left(installation))
    assert len(seen) > 3
    assert 0 not in seen
    await installation.start("worker", "targets")
    await each_was_told_once(installation)


async def test_two_workers_that_start_at_once_tell_each_change_once(installation: Installation) -> None:
    await prepare(installation)
    await installation.start("worker", "targets")
    await installation.start_another("worker", "targets")
    await each_was_told_once(installation)
