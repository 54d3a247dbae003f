"""Rolled-up tallies are the sum of their leaves, whatever comes in which order, and whatever is folded when."""
# ruff: noqa: S608 - the statements are made of our own words

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import product
from typing import Any, Final, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.contracts.enrolment import EnrolmentEvent, EnrolmentFacts
from services.contracts.envelope import Event
from services.vocabulary import RegistryKind, Scheme
from targets_api.domain.series import Days, points_of
from targets_api.ledger.rollups import roll_up
from targets_api.ledger.splits import split
from targets_api.progress.figures import ProgressKey
from targets_api.progress.owner_figures import ORGANISATIONS, UNITS
from targets_api.progress.queries import figures_of
from targets_api.progress.split_sums import parts_of
from targets_api.progress.sums import PeriodKey, sums_of
from targets_api.tables.rollups import SUMS
from targets_api.tables.splits import COLUMN_OF
from tests.targets_api.attainment.test_counted import life, schemes
from tests.targets_api.builders import (
    HEALTH,
    LAUNCH,
    TargetsService,
    a_unit,
    an_organisation,
    sign_ups,
)

CLEAN: Final = text(
    "TRUNCATE targets, target_progress, ledger, tallies, recounts, units, unit_ancestors, organisations,"
    " organisation_ancestors, outbox CASCADE"
)
_BY_KIND: Final = ", ".join(
    [
        *(
            f"coalesce(sum({of}) FILTER (WHERE kind = '{kind}'), 0) AS {of}_{kind}"
            for of in ("n", "cancelled", "amount")
            for kind in ("new", "renewal")
        ),
        "sum(with_amount) AS with_amount",
    ]
)
_ANY: Final = " OR ".join(f"{name} <> 0" for name in SUMS)
LEAVES: Final = (
    "SELECT * FROM ("
    "SELECT a.ancestor_code AS code, scheme, s.span, CAST(date_trunc(s.span, day) AS date) AS begins_on,"
    f" {_BY_KIND} FROM tallies JOIN {{tree}}_ancestors a USING ({{tree}}_code), (VALUES ('day'), ('month')) s (span)"
    f" GROUP BY 1, 2, 3, 4) AS leaves WHERE {_ANY} ORDER BY 1, 2, 3, 4"
)
FOUND: Final = f"SELECT * FROM {{tree}}_rollups WHERE {_ANY} ORDER BY 1, 2, 3, 4"


async def assert_rolled_up(service: TargetsService) -> None:
    """Each row of the rollups is the sum of the tallies at or below, and none is missing."""
    await roll_up(service.runtime.database)
    assert await service.rows("SELECT 1 FROM tally_deltas") == []
    for tree in ("unit", "organisation"):
        found, leaves = [await service.rows(rows.format(tree=tree)) for rows in (FOUND, LEAVES)]
        assert [tuple(row) for row in found] == [tuple(row) for row in leaves], tree


UNIT_CODES: Final = ("P", "Q", "A", "B", "C", "C-1")
OFFICES: Final = ("O1", "O2", "O3", "O4")
days = st.integers(-70, 70).map(lambda n: LAUNCH + timedelta(days=n))
facts = st.fixed_dictionaries(
    {
        "unit_code": st.sampled_from(UNIT_CODES),
        "organisation_code": st.sampled_from(OFFICES),
        "collector_code": st.sampled_from(["CT-07", "CT-08"]),
        "scheme": schemes,
        "kind": st.sampled_from(["new", "renewal"]),
        "signed_on": days,
        "amount_paid": st.sampled_from([0, 1, 1_263_600]),
        "channel": st.sampled_from([None, "home_visit", "launch_day"]),
        "campaign_code": st.sampled_from([None, "LAUNCH"]),
    }
)
lives = st.builds(
    life, st.lists(st.tuples(facts, st.integers(1, 3)), min_size=1, max_size=3), is_cancelled=st.booleans()
)


class History(NamedTuple):
    """What happens, in this order: events; `"fold"`, `"split"`; `"loss"`, which takes entries out of the ledger."""

    steps: list[Event | str]
    parents: Mapping[str, str | None]


@st.composite
def moves(draw: st.DrawFn, codes: Sequence[str], make: Any) -> tuple[list[Event], dict[str, str | None]]:
    """Versions of nodes of a tree, each below an earlier one or on top, and the parents in the end."""
    events: list[Event] = []
    parents: dict[str, str | None] = {}
    for nth, code in enumerate(codes):
        choice = st.sampled_from([None, *codes[:nth]])
        versions = draw(st.lists(choice, min_size=1, max_size=3))
        events += [make(code, parent, version=version) for version, parent in enumerate(versions, 1)]
        parents[code] = versions[-1]
    return events, parents


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Lives of sign-ups and moves in both trees in any order, some events twice, folds and losses between them."""
    units, unit_parents = draw(moves(UNIT_CODES, a_unit))
    offices, office_parents = draw(moves(OFFICES, an_organisation))
    recorded = [event for each in draw(st.lists(lives, max_size=14)) for event in each]
    events: list[Event] = [*units, *offices, *recorded]
    repeated = draw(st.lists(st.sampled_from(events), max_size=6))
    between = draw(st.lists(st.sampled_from(["fold", "fold", "split", "split", "loss"]), max_size=6))
    # What a loss took out is published again by reconciliation.
    steps: list[Event | str] = [*events, *repeated, *between]
    return History([*draw(st.permutations(steps)), *recorded], unit_parents | office_parents)


async def live(service: TargetsService, steps: Sequence[Event | str], size: int) -> None:
    """Let it happen, events in batches of that size at most."""
    batch: list[Event] = []
    for step in steps:
        if not isinstance(step, str):
            batch.append(step)
        if batch and (isinstance(step, str) or len(batch) == size):
            await service.handle(batch)
            batch = []
        if step == "fold":
            await roll_up(service.runtime.database)
        if step == "split":
            await split(service.runtime.database)
        if step == "loss":
            async with service.runtime.database.write() as work:
                await work.execute(text("DELETE FROM ledger WHERE kind = 'new'"))
    await service.handle(batch)


def above(code: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    """The node and all above it."""
    at: str | None = code
    while at:
        yield at
        at = parents.get(at)


def by_brute_force(
    key: ProgressKey, node: str, events: Sequence[EnrolmentEvent], parents: Mapping[str, str | None]
) -> tuple[int, int, int, int]:
    """New, renewed and cancelled, and what was paid, by the newest event of each sign-up and the last place of each
    node."""
    return figures_by_brute_force(meant_by(key, node, events, parents))


def meant_by(
    key: ProgressKey, node: str, events: Sequence[EnrolmentEvent], parents: Mapping[str, str | None]
) -> list[EnrolmentFacts]:
    """The newest facts of each sign-up that is asked for."""
    newest = {e.data.enrolment_id: e.data for e in sorted(events, key=lambda event: event.data.version)}
    return [
        each
        for each in newest.values()
        if each.scheme == key.scheme
        and key.start <= each.signed_on <= key.on
        and key.code in above(getattr(each, node), parents)
    ]


def figures_by_brute_force(meant: Sequence[EnrolmentFacts]) -> tuple[int, int, int, int]:
    """New, renewed and cancelled, and what was paid."""
    new, renewal = (sum(each.kind == kind for each in meant) for kind in ("new", "renewal"))
    paid = sum(each.amount_paid for each in meant if not each.cancelled)
    return new, renewal, sum(each.cancelled for each in meant), paid


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate],  # to shrink a failure would take minutes
)
@given(history=histories(), size=st.integers(1, 12), scheme=schemes, ends=st.tuples(days, days))
async def test_rollups_are_the_sum_of_their_leaves_and_reads_those_of_brute_force(
    service: TargetsService, history: History, size: int, scheme: Scheme, ends: tuple[date, date]
) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(CLEAN)
    await live(service, history.steps, size)
    events = [each for each in history.steps if not isinstance(each, str) and isinstance(each, EnrolmentEvent)]
    for owner, node, codes in ((UNITS, "unit_code", UNIT_CODES), (ORGANISATIONS, "organisation_code", OFFICES)):
        keys = [ProgressKey(code, scheme, min(ends), max(ends)) for code in codes]
        expected = [by_brute_force(key, node, events, history.parents) for key in keys]
        for _ in ("some not folded", "all folded"):
            async with service.runtime.database.read() as session:
                told: Any = await figures_of(session, owner, keys, max(ends))
            assert [each.owner[1:5] for each in told] == expected
            assert [each.owner.without_amount for each in told] == [0] * len(told)
            await roll_up(service.runtime.database)
    await assert_rolled_up(service)
    asked = ProgressKey("", scheme, min(ends), max(ends))
    await assert_series_add_up(service, asked, events, history.parents)
    for _ in ("some not folded", "all folded, and all units with their pairs"):
        await assert_split(service, asked, events, history.parents)
        await split(service.runtime.database)
    assert await service.rows("SELECT 1 FROM split_deltas") == []


async def assert_series_add_up(
    service: TargetsService, asked: ProgressKey, events: Sequence[EnrolmentEvent], parents: Mapping[str, str | None]
) -> None:
    """Each point of each owner is what was signed up on its days."""
    points = list(points_of(Days(asked.start, asked.on), "week"))
    owners: list[tuple[RegistryKind, Sequence[str]]] = [
        ("unit", UNIT_CODES),
        ("organisation", OFFICES),
        ("collector", ("CT-07", "CT-08")),
    ]
    async with service.runtime.database.read() as session:
        for kind, codes in owners:
            keys = [(code, days) for code in codes for days in points]
            found = await sums_of(session, kind, [PeriodKey(code, asked.scheme, *days) for code, days in keys])
            assert [(each.new, each.renewal, each.cancelled, each.contributions) for each in found] == [
                by_brute_force(
                    asked._replace(code=code, start=days.starts_on, on=days.ends_on), f"{kind}_code", events, parents
                )
                for code, days in keys
            ]


async def assert_split(
    service: TargetsService, asked: ProgressKey, events: Sequence[EnrolmentEvent], parents: Mapping[str, str | None]
) -> None:
    """Each part of each unit is what was signed up with that name."""
    async with service.runtime.database.read() as session:
        for code, (by, column) in product(UNIT_CODES, COLUMN_OF.items()):
            key = PeriodKey(code, asked.scheme, asked.start, asked.on)
            found = await parts_of(session, "unit", key, by)
            expected: dict[str | None, list[EnrolmentFacts]] = {}
            for each in meant_by(asked._replace(code=code), "unit_code", events, parents):
                expected.setdefault(getattr(each, column), []).append(each)
            assert {of: (s.new, s.renewal, s.cancelled, s.contributions) for of, s in found.items()} == {
                of: figures_by_brute_force(meant) for of, meant in expected.items()
            }, (code, by)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate],
)
@given(history=histories(), at_once=st.integers(2, 4))
async def test_rollups_are_the_sum_of_their_leaves_whoever_counts_moves_and_folds_at_once(
    service: TargetsService, history: History, at_once: int
) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(CLEAN)
    # A loss would be made good by what comes after it, and here nothing comes after anything.
    steps = [each for each in history.steps if each != "loss"]
    await asyncio.gather(*(live(service, steps[first::at_once], 3) for first in range(at_once)))
    await assert_rolled_up(service)
    events = [each for each in history.steps if not isinstance(each, str) and isinstance(each, EnrolmentEvent)]
    first, last = LAUNCH - timedelta(days=70), LAUNCH + timedelta(days=70)
    keys = [ProgressKey(code, HEALTH, first, last) for code in UNIT_CODES]
    async with service.runtime.database.read() as session:
        told: Any = await figures_of(session, UNITS, keys, last)
    expected = [by_brute_force(key, "unit_code", events, history.parents) for key in keys]
    assert [each.owner[1:5] for each in told] == expected


async def test_folding_beside_counting_and_moves_loses_nothing(service: TargetsService) -> None:
    signed = [sign_ups(60, unit_code=unit) for unit in ("15142", "15142-01", "15127")]
    moved = [a_unit("15142-01", parent, "village", version) for version, parent in enumerate(("15127", "15142"), 2)]
    await asyncio.gather(
        *(service.handle(batch[start : start + 20]) for batch in signed for start in (0, 20, 40)),
        *(service.handle([move]) for move in moved),
        *(roll_up(service.runtime.database) for _ in range(6)),
    )
    assert (await service.progress("units/38"))["new"] == 180
    assert (await service.progress("units/15142"))["new"] == 120
    await assert_rolled_up(service)


async def test_a_fold_changes_no_answer_and_forgets_none(service: TargetsService) -> None:
    await service.handle(sign_ups(5))
    before = await service.http.get("/v1/progress/units/38", params={"scheme": HEALTH})
    [changes] = await service.rows("SELECT sum(n) AS n FROM changes")
    await roll_up(service.runtime.database)
    assert await service.rows("SELECT 1 FROM tally_deltas") == []
    after = await service.http.get("/v1/progress/units/38", params={"scheme": HEALTH})
    assert (after.json()["new"], after.headers["etag"]) == (5, before.headers["etag"])
    assert await service.rows("SELECT sum(n) AS n FROM changes") == [changes]


async def test_a_hundred_levels_of_organisations_are_rolled_up_and_named_in_alerts(service: TargetsService) -> None:
    chain = [f"L{n}" for n in range(100)]
    await service.handle([an_organisation(code, above) for code, above in zip(chain[1:], chain, strict=False)])
    await service.handle([an_organisation(chain[0]), *sign_ups(3, organisation_code=chain[-1])])
    assert (await service.progress(f"organisations/{chain[0]}"))["new"] == 3
    await assert_rolled_up(service)
    await service.target(scope={"organisation_code": chain[-1]})
    await service.sweep(date(2025, 11, 8))
    [event] = await service.published()
    assert event.data.organisations == tuple(reversed(chain))
    await service.handle([an_organisation(chain[50], None, version=2)])
    assert (await service.progress(f"organisations/{chain[0]}"))["new"] == 0
    assert (await service.progress(f"organisations/{chain[50]}"))["new"] == 3
    await assert_rolled_up(service)


async def test_a_cycle_of_parents_that_late_versions_form_is_left_again(service: TargetsService) -> None:
    await service.handle([an_organisation("X", "Y"), an_organisation("Y", "X"), *sign_ups(2, organisation_code="Y")])
    assert (await service.progress("organisations/X"))["new"] == 2
    await service.handle([an_organisation("Y", "VNPOST", version=2)])
    assert (await service.progress("organisations/X"))["new"] == 0
    assert (await service.progress("organisations/VNPOST"))["new"] == 2
    await assert_rolled_up(service)


async def test_a_process_of_the_version_before_may_link_all_anew(service: TargetsService) -> None:
    """It deletes and inserts what is above a node, whether it is another or not."""
    await service.handle(sign_ups(4))
    async with service.runtime.database.write() as work:
        await work.execute(text("CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM unit_ancestors"))
        await work.execute(text("DELETE FROM unit_ancestors"))
        await work.execute(text("INSERT INTO unit_ancestors SELECT * FROM kept"))
    await assert_rolled_up(service)
    assert (await service.progress("units/38"))["new"] == 4
