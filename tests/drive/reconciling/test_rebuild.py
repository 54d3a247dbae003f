"""`drive rebuild` makes right whatever was damaged, and no read is ever wrong meanwhile: it is as before, or right."""
# ruff: noqa: S608 - the statements are made of our own words

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from drive.reconciling.findings import Finding
from drive.reconciling.rebuilding import Made, Rebuild
from drive.reconciling.sides import Period
from services.errors import Conflict
from services.persistence.locks import held_by_session
from services.persistence.unit_of_work import UnitOfWork
from services.reconciliation.totals import fold
from targets_api.ledger.splits import split
from targets_api.reconciliation.recount import recount_after_loss
from targets_api.tables.locks import REBUILDING
from tests.drive.reconciling.conftest import Pair, execute

ONE = "(SELECT enrolment_id FROM ledger WHERE signed_on = '2025-10-25' ORDER BY 1 LIMIT 1)"
EXTRA = (
    "INSERT INTO ledger (enrolment_id, unit_code, organisation_code, collector_code, scheme, kind, signed_on,"
    " covered_from, covered_to, amount_paid, details_version) SELECT gen_random_uuid(), unit_code, organisation_code,"
    f" collector_code, scheme, kind, signed_on, covered_from, covered_to, 7, 1 FROM ledger WHERE enrolment_id = {ONE}"
)
LATE, EARLY = "day = '2025-10-25'", "day = '2025-10-24'"
DAMAGE = {
    "entries lost, still counted": ["DELETE FROM ledger WHERE signed_on = '2025-10-25'"],
    "an entry too many, not counted": [EXTRA],
    "an entry too many, counted": [
        EXTRA,
        f"+UPDATE tallies SET n = n + 1, amount = amount + 7, with_amount = with_amount + 1 WHERE {LATE}",
    ],
    "an entry in another unit": [f"UPDATE ledger SET unit_code = '15142' WHERE enrolment_id = {ONE}"],
    "another amount": [f"UPDATE ledger SET amount_paid = 1 WHERE enrolment_id = {ONE}"],
    "an entry cancelled": [f"UPDATE ledger SET cancelled = true WHERE enrolment_id = {ONE}"],
    "a wrong tally": [f"+UPDATE tallies SET n = n + 3 WHERE {LATE}"],
    "a wrong tally, of which rollups do not know": [f"UPDATE tallies SET n = n + 3 WHERE {LATE}"],
    "a lost tally": [f"+DELETE FROM tallies WHERE {LATE}"],
    "a tally of nothing": [
        "INSERT INTO tallies SELECT '15142', scheme, day, 'renewal', organisation_code, collector_code, 4"
        f" FROM tallies WHERE {LATE}"
    ],
    "wrong rollups": ["UPDATE unit_rollups SET n_new = n_new + 5, amount_new = 3"],
    "lost rollups": ["DELETE FROM unit_rollups WHERE span = 'month'", "DELETE FROM organisation_rollups"],
    "rollups of nothing": [
        "INSERT INTO unit_rollups SELECT unit_code, scheme, span, begins_on - 365, 1, 1, 1, 1 FROM unit_rollups"
    ],
    "splits lost before they were folded": ["DELETE FROM split_deltas"],
    "splits of nothing": [
        "INSERT INTO split_tallies SELECT '15142', scheme, day, organisation_code, 'x', 'y', 1, 2, 3, 4, 5, 6, 7"
        " FROM split_deltas LIMIT 1",
        "INSERT INTO split_rollups VALUES ('38', 'household_health', 'channel', 'day', '2025-10-25', 'x',"
        " 1, 2, 3, 4, 5, 6, 7)",
    ],
    "totals of days lost, and of nothing": [
        "DELETE FROM fact_day_deltas",
        "DELETE FROM fact_days",
        "INSERT INTO fact_days VALUES ('2020-01-01', 3, 9223372036854775808)",
    ],
    "wrong attainment": ["UPDATE target_progress SET achieved = achieved + 2, count_from = count_from - 1"],
}
"""What begins with `+` is done with triggers, so that rollups follow."""
IN_STEPS = {
    "amounts not known": [
        "UPDATE ledger SET details_version = NULL",
        "+UPDATE tallies SET amount = 0, with_amount = 0",
    ],
    "all of it": [
        *(f"DELETE FROM {table}" for table in ("ledger", "tallies", "unit_rollups", "organisation_rollups")),
        "UPDATE target_progress SET achieved = 0",
    ],
}
"""These come back some sign-ups at a time."""


async def figures(pair: Pair, **more: Any) -> list[Any]:
    """What dashboards see of the province, the commune, the village and the organisation; without how fresh it is."""
    shown = []
    for path in ("units/38", "units/15142", "units/15142-01", "organisations/CT"):
        body = await pair.targets.progress(path, **{"from": "2025-10-25", "on": "2025-10-25"})
        names = ("new", "renewal", "cancelled", "contributions", "without_amount")
        shown.append((*(body[name] for name in names), *(t["attained"] for t in body["targets"])))
    return shown


def kinds_of_wrong(seen: Sequence[Any], before: Sequence[Any], right: Sequence[Any]) -> list[Any]:
    """Figures that are neither as before nor right."""
    return [
        (place, figure)
        for place, (now, old, should) in enumerate(zip(seen, before, right, strict=True))
        for figure in zip(now, old, should, strict=True)
        if figure[0] not in figure[1:]
    ]


ALL_DAYS = Period()


class Watched:
    """Reads the figures after each commit of a rebuild."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.seen: list[list[Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pair.targets.runtime.database, name)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[UnitOfWork]:
        async with self.pair.targets.runtime.database.write() as work:
            yield work
        self.seen.append(await figures(self.pair))


async def rebuild(pair: Pair, writer: Any = None, *, period: Period | None = ALL_DAYS, remove: bool = True) -> Made:
    named: list[Finding] = []
    sides = replace(pair.sides, writer=writer or pair.sides.writer)
    return await Rebuild(sides, pair.targets.runtime.clock, lambda _: None, named.append).run(period, remove=remove)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are several commits."""
    monkeypatch.setattr("drive.reconciling.rebuilding.ENTRIES_AT_ONCE", 3)


@pytest.mark.parametrize("damage", [*DAMAGE, *IN_STEPS])
async def test_whatever_was_damaged_is_right_again_and_no_read_was_wrong(
    pair: Pair, small_pages: None, damage: str
) -> None:
    await pair.targets.target(starts_on="2025-10-25", ends_on="2025-11-14")
    await pair.targets.target(scope={"organisation_code": "CT"}, starts_on="2025-10-01", ends_on="2025-11-14")
    right = await figures(pair)
    assert right[0][:2] == (8, 0)
    await pair.damage(*(DAMAGE | IN_STEPS)[damage])
    before, watched = await figures(pair), Watched(pair)
    await rebuild(pair, watched)
    if damage in DAMAGE:
        assert [kinds_of_wrong(seen, before, right) for seen in watched.seen] == [[]] * len(watched.seen)
    assert watched.seen != []
    assert await figures(pair) == right
    assert await pair.findings() == []
    await pair.fold()
    assert await pair.findings() == []
    assert (await rebuild(pair)) == Made()


async def test_entries_that_were_deleted_and_uncounted_are_counted_once(pair: Pair) -> None:
    target = await pair.targets.target(starts_on="2025-10-25", ends_on="2025-11-14")
    right, database = await figures(pair), pair.targets.runtime.database
    await execute(database, "DELETE FROM ledger WHERE signed_on = '2025-10-25'")
    await recount_after_loss(database, pair.targets.runtime.clock)
    assert await pair.targets.achieved(target["id"]) == 0
    made = await rebuild(pair)
    assert (made.restored, made.targets, await figures(pair)) == (8, 0, right)
    assert await pair.findings() == []


class Ended(Exception):
    """The process is no more."""


class Ending:
    """The process ends after its first commit."""

    def __init__(self, pair: Pair) -> None:
        self.database = pair.targets.runtime.database

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[UnitOfWork]:
        async with self.database.write() as work:
            yield work
        raise Ended


async def test_targets_count_what_is_on_its_way_once_though_a_rebuild_that_restored_it_ends_at_once(pair: Pair) -> None:
    target = await pair.targets.target(starts_on="2025-10-25", ends_on="2025-11-14")
    await pair.sign_up(20, 2)
    with pytest.raises(Ended):
        await rebuild(pair, Ending(pair))
    assert await pair.targets.achieved(target["id"]) == 8 + 2
    await pair.carry()
    assert await pair.targets.achieved(target["id"]) == 8 + 2
    assert await pair.findings() == []


async def test_a_rebuild_takes_off_targets_what_left_the_ledger_before_it_restores_it(pair: Pair) -> None:
    target = await pair.targets.target(starts_on="2025-10-25", ends_on="2025-11-14")
    await execute(pair.targets.runtime.database, "DELETE FROM ledger WHERE signed_on = '2025-10-25'")
    watched = Watched(pair)
    await rebuild(pair, watched)
    assert {attained for [_, (*_, attained), *_] in watched.seen} <= {0, 0.08}
    assert await pair.targets.achieved(target["id"]) == 8


async def test_a_lost_correction_and_a_lost_cancellation_are_made_good(pair: Pair) -> None:
    [signed, other] = await pair.sign_up(20, 2)
    await pair.carry()
    await pair.change(signed, "cancellation")
    await pair.change(other, "correction", changes={"unit_code": "15142-01"})
    await execute(pair.enrolment.database, "DELETE FROM outbox")
    assert [(f.unit_code, f.outdated) for f in await pair.findings()] == [("15142", 2), ("15142-01", 1)]
    assert (await rebuild(pair)).restored == 2
    assert await pair.findings() == []
    assert (await pair.targets.progress("units/15142-01"))["new"] == 9


async def test_what_enrolment_does_not_have_is_kept_unless_it_is_said_to_remove_it(pair: Pair) -> None:
    await pair.damage(*DAMAGE["an entry too many, counted"])
    assert await rebuild(pair, remove=False) == Made(kept=1, splits=1)
    assert [(f.what, f.surplus) for f in await pair.findings()] == [("sign_ups", 1)]
    assert (await rebuild(pair)).removed == 1
    assert await pair.findings() == []


async def test_without_enrolment_figures_follow_the_ledger_and_it_is_not_touched(pair: Pair) -> None:
    await pair.damage("DELETE FROM ledger WHERE signed_on = '2025-10-24'")
    made = await rebuild(pair, period=None)
    assert (made.restored, made.tallies) == (0, 1)
    assert [f.what for f in await pair.findings()] == ["sign_ups"]
    assert (await pair.targets.progress())["new"] == 8


async def test_counting_folding_and_moves_go_on_beside_it(pair: Pair, small_pages: None) -> None:
    """Each is a session of its own, as in processes of their own; what was read after each batch is right at once."""
    await pair.damage(*DAMAGE["entries lost, still counted"], *DAMAGE["wrong rollups"], *DAMAGE["wrong attainment"])
    seen: list[int] = []

    async def count() -> None:
        for batch in range(6):
            await pair.sign_up(100 + 5 * batch, 5)
            await pair.carry()
            await pair.fold()
            seen.append((await pair.targets.progress("units/38", **{"from": "2025-10-25"}))["new"])

    await asyncio.gather(count(), rebuild(pair))
    as_before = 5
    assert [now - right for now, right in zip(seen, (13, 18, 23, 28, 33, 38), strict=True)] in [
        [as_before] * nth + [0] * (6 - nth) for nth in range(7)
    ]
    await rebuild(pair)
    assert await pair.findings() == []
    assert (await pair.targets.progress("units/38"))["new"] == 12 + 30


async def test_a_second_rebuild_is_refused_while_one_is_at_it(pair: Pair) -> None:
    async with held_by_session(pair.sides.writer, REBUILDING):
        with pytest.raises(Conflict, match="another process is at it"):
            await rebuild(pair)
    assert await rebuild(pair) == Made()


MANY = """
    INSERT INTO enrolments SELECT made.*
    FROM (SELECT * FROM enrolments ORDER BY id LIMIT 1) AS e, generate_series(1, 2000) AS n,
        LATERAL jsonb_populate_record(CAST(NULL AS enrolments), to_jsonb(e) || jsonb_build_object(
            'id', gen_random_uuid(), 'participant_id', gen_random_uuid(), 'external_ref', 'M-' || n,
            'idempotency_key', NULL, 'household_code', 'M-' || n)) AS made
"""


async def command(pair: Pair, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drive", "rebuild", *arguments),
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, **pair.environment},
    )


async def test_killed_in_the_middle_it_goes_on_when_it_is_run_again(pair: Pair) -> None:
    await execute(pair.enrolment.database, MANY)
    killed = await command(pair, "--from-enrolment")
    assert killed.stderr is not None
    async for line in killed.stderr:
        if b"500 sign-ups restored" in line:
            killed.kill()
            break
    await killed.communicate()
    [between] = await pair.targets.rows("SELECT count(*) AS n FROM ledger")
    assert (killed.returncode, 512 <= between.n < 2012) == (-9, True)
    again = await command(pair, "--from-enrolment")
    out, _ = await again.communicate()
    assert (again.returncode, f"rebuild: {2012 - between.n} sign-ups restored" in out.decode()) == (0, True)
    assert (await pair.targets.progress("units/38"))["new"] == 2012
    assert await pair.findings() == []


async def test_the_command_names_what_it_would_do_and_removes_only_with_yes(pair: Pair) -> None:
    await pair.damage(*DAMAGE["an entry too many, counted"])
    for arguments, code, said in (
        (["--from-enrolment", "--dry-run"], 1, "1 surplus"),
        (["--from-enrolment"], 1, "rebuild: 1 sign-ups that enrolment does not have were kept: see --yes"),
        (["--from-enrolment", "--yes"], 0, "1 that enrolment does not have: removed"),
        (["--dry-run"], 0, "rebuild: equal"),
    ):
        process = await command(pair, *arguments)
        out, error = await process.communicate()
        assert (process.returncode, said in out.decode()) == (code, True), (out, error)


async def test_from_to_and_yes_need_from_enrolment(pair: Pair) -> None:
    process = await command(pair, "--yes")
    _, error = await process.communicate()
    assert (process.returncode, b"drive: --from-enrolment: give it with --from, --to and --yes" in error) == (2, True)


@pytest.mark.parametrize(
    "damage",
    [
        ["UPDATE split_tallies SET n_new = n_new + 5, amount_new = 3"],
        ["DELETE FROM split_tallies"],
        ["UPDATE split_rollups SET cancelled_renewal = 9, with_amount = 0"],
        ["DELETE FROM split_rollups WHERE span = 'month'"],
        ["DELETE FROM split_tallies", "DELETE FROM split_rollups", "DELETE FROM ledger"],
    ],
)
async def test_damaged_splits_are_those_of_the_ledger_again(pair: Pair, damage: list[str]) -> None:
    await split(pair.targets.runtime.database)
    await fold(pair.targets.runtime.database)
    path, query = "units/38", {"from": "2025-10-01", "split": "channel"}
    before = (await pair.targets.progress(path, **query))["splits"]
    await pair.damage(*damage)
    await pair.sign_up(40, 2)
    await pair.carry()
    await rebuild(pair)
    assert await pair.findings() == []
    after = (await pair.targets.progress(path, **query))["splits"]
    assert sum(each["new"] for each in after) == sum(each["new"] for each in before) + 2 == 14
    assert await rebuild(pair) == Made()
