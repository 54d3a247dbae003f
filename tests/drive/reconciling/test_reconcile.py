"""`drive reconcile` names each difference of targets from enrolment, and tells apart what is on its way."""
# ruff: noqa: S608 - the statements are made of our own words

from __future__ import annotations

import asyncio
import csv
import json
import os
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from drive.cli import app
from drive.reconciling.differences import differences
from drive.reconciling.sides import Period
from services.reconciliation.totals import fold
from targets_api.ledger.splits import split
from tests.drive.reconciling.conftest import AT_ONCE, Pair, execute

ONE = "(SELECT enrolment_id FROM ledger WHERE signed_on = '2025-10-25' ORDER BY 1 LIMIT 1)"


async def reconcile(pair: Pair, *arguments: str, **environment: str) -> tuple[int, list[str], str]:
    """The command as a process: its exit code, its lines, and what it says of errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drive", "reconcile", "--wait", "0", *arguments),
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, **pair.environment, **environment},
    )
    out, error = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode().splitlines(), error.decode()


async def test_the_command_says_equal_or_names_each_difference_and_ends_with_a_code(pair: Pair) -> None:
    assert await reconcile(pair) == (0, ["reconcile: equal"], "")
    await pair.damage("DELETE FROM ledger", "DELETE FROM tallies")
    await pair.damage("DELETE FROM unit_rollups", "DELETE FROM organisation_rollups")
    await pair.damage("DELETE FROM split_deltas", "DELETE FROM fact_day_deltas")
    code, lines, _ = await reconcile(pair)
    assert (code, [line.split()[:5] for line in lines[1:3]], lines[3:]) == (
        1,
        [
            ["sign_ups", "2025-10-24", "15142", "household_health", "new"],
            ["sign_ups", "2025-10-25", "15142-01", "household_health", "new"],
        ],
        ["reconcile: 2 differences: see `drive rebuild`"],
    )
    code, lines, _ = await reconcile(pair, "--json")
    assert (code, [json.loads(line)["missing"] for line in lines]) == (1, [4, 8])
    code, lines, _ = await reconcile(pair, "--csv", "--to", "2025-10-24")
    rows = list(csv.DictReader(lines))
    assert (code, [(row["day"], row["expected"], row["found"]) for row in rows]) == (1, [("2025-10-24", "4", "0")])


async def test_what_could_not_be_compared_ends_with_2(pair: Pair) -> None:
    await pair.sign_up(30, 3)
    code, lines, _ = await reconcile(pair)
    said = "reconcile: 1 groups have sign-ups on the way: run this again, or with a longer --wait"
    assert (code, lines[-1]) == (2, said)
    code, _, error = await reconcile(pair, TARGETS_DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert (code, "TARGETS_DATABASE_URL" in error) == (2, True)


async def test_a_correction_and_a_cancellation_are_equal_once_they_have_arrived(pair: Pair) -> None:
    [signed, other] = await pair.sign_up(20, 2)
    await pair.change(signed, "cancellation")
    await pair.change(other, "correction", changes={"unit_code": "15142-01"})
    await pair.carry()
    assert await pair.findings() == []


@pytest.mark.parametrize(
    ("damage", "cause", "counts"),
    [
        (f"DELETE FROM ledger WHERE enrolment_id = {ONE}", "missing", (8, 7)),
        (
            "INSERT INTO ledger (enrolment_id, unit_code, organisation_code, collector_code, scheme, kind, signed_on,"
            " covered_from, covered_to) SELECT gen_random_uuid(), unit_code, organisation_code, collector_code, scheme,"
            f" kind, signed_on, covered_from, covered_to FROM ledger WHERE enrolment_id = {ONE}",
            "surplus",
            (8, 9),
        ),
        (f"UPDATE ledger SET collector_code = 'NL-01' WHERE enrolment_id = {ONE}", "altered", (8, 8)),
        (f"UPDATE ledger SET covered_to = covered_to + 1 WHERE enrolment_id = {ONE}", "altered", (8, 8)),
        (f"UPDATE ledger SET amount_paid = amount_paid - 1 WHERE enrolment_id = {ONE}", "altered", (8, 8)),
        (f"UPDATE ledger SET details_version = NULL WHERE enrolment_id = {ONE}", "incomplete", (8, 8)),
        (f"UPDATE ledger SET cancelled = true WHERE enrolment_id = {ONE}", "altered", (8, 7)),
    ],
)
async def test_a_damaged_ledger_is_named_by_unit_scheme_kind_and_day(
    pair: Pair, damage: str, cause: str, counts: tuple[int, int]
) -> None:
    await pair.damage(damage)
    [found] = [each for each in await pair.findings() if each.what == "sign_ups"]
    assert (found.is_real, found.expected, found.found) == (True, *counts)
    assert {each for each in ("missing", "outdated", "altered", "incomplete", "surplus") if getattr(found, each)} == {
        cause
    }
    assert found[1:5] == ("2025-10-25", "15142-01", "household_health", "new")


async def test_an_entry_in_another_unit_is_named_in_both(pair: Pair) -> None:
    await pair.damage(f"UPDATE ledger SET unit_code = '15142' WHERE enrolment_id = {ONE}")
    found = [each for each in await pair.findings() if each.what == "sign_ups"]
    assert [(f.unit_code, f.expected, f.found, f.altered) for f in found] == [("15142", 0, 1, 1), ("15142-01", 8, 7, 1)]


async def test_what_is_not_published_yet_is_on_its_way_and_no_difference(pair: Pair) -> None:
    await pair.sign_up(30, 3)
    [found] = await pair.findings()
    assert (found.is_real, found.missing, found.on_the_way) == (False, 3, 3)
    await pair.carry()
    assert await pair.findings() == []


async def test_a_message_in_the_queue_is_on_its_way(pair: Pair) -> None:
    await pair.sign_up(30, 3)
    await execute(pair.enrolment.database, "DELETE FROM outbox")
    [lost] = await pair.findings()

    async def one_queued() -> int:
        return 1

    [queued] = [each async for each in differences(replace(pair.sides, queued=one_queued), Period(), AT_ONCE)]
    assert (lost.is_real, queued.is_real, queued.on_the_way) == (True, False, 3)


async def test_it_waits_for_what_arrives(pair: Pair) -> None:
    await pair.sign_up(30, 3)
    found, _ = await asyncio.gather(pair.findings(timedelta(seconds=30)), pair.carry())
    assert found == []


@pytest.mark.parametrize(("retry_at", "is_real"), [("NULL", True), ("now()", False)])
async def test_a_dead_letter_differs_unless_it_is_tried_again(pair: Pair, retry_at: str, is_real: bool) -> None:
    [signed] = await pair.sign_up(30, 1)
    await execute(pair.enrolment.database, "DELETE FROM outbox")
    await execute(
        pair.targets.runtime.database,
        "INSERT INTO dead_letters (id, type, body, error, attempts, kept_at, retry_at)"
        f" SELECT gen_random_uuid(), 'drive.enrolment.recorded.v1', '[{{\"id\": \"{signed['id']}\"}}]', 'it failed', 1,"
        f" now(), {retry_at}",
    )
    [found] = await pair.findings()
    assert (found.is_real, found.dead_letters, found.on_the_way) == (is_real, int(is_real), int(not is_real))


async def test_what_differs_inside_targets_is_named(pair: Pair) -> None:
    target = await pair.targets.target(starts_on="2025-10-25", ends_on="2025-11-14")
    assert await pair.findings() == []
    await pair.damage("UPDATE tallies SET n = n + 2 WHERE day = '2025-10-24'")
    assert ("tally", 4, 6) in [(f.what, f.expected, f.found) for f in await pair.findings()]
    await pair.damage("UPDATE tallies SET n = n - 2 WHERE day = '2025-10-24'")
    await pair.damage("UPDATE organisation_rollups SET n_new = n_new + 1 WHERE span = 'month'")
    assert [(f.what, f.organisation_code, f.day) for f in await pair.findings()] == [
        ("organisation_rollup", "CT", "2025-10-01")
    ]
    await pair.damage("UPDATE organisation_rollups SET n_new = n_new - 1 WHERE span = 'month'")
    await pair.damage("UPDATE target_progress SET achieved = 5")
    assert [(f.what, f.target_id, f.expected, f.found) for f in await pair.findings()] == [
        ("target", target["id"], 8, 5)
    ]


async def test_splits_and_totals_of_days_that_differ_are_named(pair: Pair) -> None:
    await split(pair.targets.runtime.database)
    await fold(pair.targets.runtime.database)
    assert await pair.findings() == []
    await pair.damage(
        "UPDATE split_rollups SET n_new = n_new + 1 WHERE unit_code = '38' AND split = 'channel' AND span = 'month'",
        "UPDATE fact_days SET n = n - 1 WHERE day = '2025-10-24'",
        "UPDATE fact_days SET checksum = checksum + 1 WHERE day = '2025-10-25'",
    )
    assert [(f.what, f.day, f.unit_code, f.because.rpartition(": ")[2]) for f in await pair.findings()] == [
        ("split_rollup", "2025-10-01", "38", "+1 new"),
        ("day_total", "2025-10-24", None, "-1 sign-ups"),
        ("day_total", "2025-10-25", None, "the checksum differs"),
    ]
    await pair.damage("UPDATE split_tallies SET n_new = n_new - 1 WHERE day = '2025-10-24'")
    [tally] = [f for f in await pair.findings() if f.what == "split_tally"]
    assert (tally.day, tally.unit_code, tally.organisation_code) == ("2025-10-24", "15142", "CT")
    assert tally.because.endswith("the day differs from the ledger: -1 new")


async def test_deltas_that_are_not_folded_are_no_difference(pair: Pair) -> None:
    await pair.sign_up(30, 3)
    await pair.carry()
    assert await pair.targets.rows("SELECT 1 FROM tally_deltas") != []
    assert await pair.findings() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2025-10-26", "--to", "2025-10-25"], "--from: give a day that is not after --to"),
        (["--wait", "-1"], "--wait: give seconds from 0 to 3600"),
        (["--json", "--csv"], "--csv: give it or --json, not both"),
    ],
)
def test_wrong_options_are_named_and_end_with_2(quiet: None, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["reconcile", *arguments])
    assert (done.exit_code, done.stderr.strip().splitlines()[-1]) == (2, f"drive: {said}")
