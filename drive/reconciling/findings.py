"""What was found, as the lines of a report."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Literal, NamedTuple, TypeAlias

from drive.reconciling.differences import Difference, differences
from drive.reconciling.sides import Period, Sides
from services.persistence.database import Database
from targets_api.attainment.wrong import WrongAttainment
from targets_api.rebuilding.queries import (
    TREES,
    Tree,
    WrongRollup,
    WrongTally,
    wrong_attainment,
    wrong_rollups,
    wrong_tallies,
)
from targets_api.rebuilding.splits import (
    WrongDay,
    WrongSplitRollup,
    WrongSplitTally,
    wrong_days,
    wrong_split_rollups,
    wrong_split_tallies,
)

What: TypeAlias = Literal[
    "sign_ups", "tally", "unit_rollup", "organisation_rollup", "split_tally", "split_rollup", "day_total", "target"
]


class Finding(NamedTuple):
    """Something that differs. `expected` and `found` are sign-ups that stand, `…_cancelled` those that were cancelled;
    of a rollup only the difference is known, which is in `because`."""

    what: What
    day: str | None = None
    unit_code: str | None = None
    scheme: str | None = None
    kind: str | None = None
    organisation_code: str | None = None
    collector_code: str | None = None
    target_id: str | None = None
    expected: int | None = None
    found: int | None = None
    expected_cancelled: int | None = None
    found_cancelled: int | None = None
    missing: int | None = None
    outdated: int | None = None
    altered: int | None = None
    incomplete: int | None = None
    surplus: int | None = None
    on_the_way: int | None = None
    dead_letters: int | None = None
    because: str = ""
    is_real: bool = True


async def all_findings(sides: Sides, period: Period, wait: timedelta) -> AsyncIterator[Finding]:
    """What differs from enrolment, then what differs inside targets."""
    async for difference in differences(sides, period, wait):
        yield of_sign_ups(difference)
    async for finding in within_targets(sides.targets):
        yield finding


async def within_targets(database: Database) -> AsyncIterator[Finding]:
    """Tallies that are not those of the ledger, rollups that are not those of tallies, both of splits, too, totals of
    days that are not those of the ledger, targets that a recount would change."""
    async with database.read() as session:
        async for tally in wrong_tallies(session):
            yield of_tally(tally)
        for tree in TREES:
            async for rollup in wrong_rollups(session, tree):
                yield of_rollup(tree, rollup)
        async for split_tally in wrong_split_tallies(session):
            yield of_split_tally(split_tally)
        async for split_rollup in wrong_split_rollups(session):
            yield of_split_rollup(split_rollup)
        async for day in wrong_days(session):
            yield of_day(day)
        async for target in wrong_attainment(session):
            yield of_target(target)


def of_sign_ups(difference: Difference) -> Finding:
    """A group of sign-ups."""
    key, causes = difference.key, difference.causes
    recorded, counted = difference.recorded, difference.counted
    return Finding(
        "sign_ups",
        key.day.isoformat(),
        key.unit_code,
        key.scheme,
        key.kind,
        expected=recorded.n if recorded else 0,
        found=counted.n if counted else 0,
        expected_cancelled=recorded.cancelled if recorded else 0,
        found_cancelled=counted.cancelled if counted else 0,
        missing=causes["missing"],
        outdated=causes["outdated"],
        altered=causes["altered"],
        incomplete=causes["incomplete"],
        surplus=causes["surplus"],
        on_the_way=difference.on_the_way,
        dead_letters=difference.dead_letters,
        because=_because(difference),
        is_real=difference.is_real,
    )


def _because(difference: Difference) -> str:
    places = {"on the way": difference.on_the_way, "dead letters": difference.dead_letters}
    counts = {**difference.causes, **places}
    return ", ".join(f"{n} {what}" for what, n in counts.items() if n)


def of_tally(wrong: WrongTally) -> Finding:
    """A tally, and what the ledger says."""
    return Finding(
        "tally",
        wrong.day.isoformat(),
        wrong.unit_code,
        wrong.scheme,
        wrong.kind,
        wrong.organisation_code,
        wrong.collector_code,
        expected=wrong.n_counted,
        found=wrong.n_kept,
        expected_cancelled=wrong.cancelled_counted,
        found_cancelled=wrong.cancelled_kept,
        because="the tally is not the number of its sign-ups in the ledger",
    )


def of_rollup(tree: Tree, wrong: WrongRollup) -> Finding:
    """A day or a month of a unit or an organisation."""
    return Finding(
        "unit_rollup" if tree == "unit" else "organisation_rollup",
        wrong.begins_on.isoformat(),
        unit_code=wrong.code if tree == "unit" else None,
        organisation_code=wrong.code if tree == "organisation" else None,
        scheme=wrong.scheme,
        because=f"the {wrong.span} differs from its tallies: {_excess(wrong)}",
    )


def of_split_tally(wrong: WrongSplitTally) -> Finding:
    """A day of a unit, organisation, channel and campaign."""
    of = f"channel {wrong.channel or 'none'}, campaign {wrong.campaign_code or 'none'}"
    return Finding(
        "split_tally",
        wrong.day.isoformat(),
        wrong.unit_code,
        wrong.scheme,
        organisation_code=wrong.organisation_code,
        because=f"{of}: the day differs from the ledger: {_excess(wrong)}",
    )


def of_split_rollup(wrong: WrongSplitRollup) -> Finding:
    """A day or a month of a part of a unit."""
    return Finding(
        "split_rollup",
        wrong.begins_on.isoformat(),
        wrong.unit_code,
        wrong.scheme,
        because=f"{wrong.split} {wrong.value or 'none'}: the {wrong.span} differs from its tallies: {_excess(wrong)}",
    )


def of_day(wrong: WrongDay) -> Finding:
    """The total of a day, by which services compare."""
    because = f"the total differs from the ledger: {-wrong.n:+d} sign-ups" if wrong.n else "the checksum differs"
    return Finding("day_total", wrong.day.isoformat(), because=because)


def _excess(wrong: WrongRollup | WrongSplitTally | WrongSplitRollup) -> str:
    lacks = {"new": wrong.n_new, "renewal": wrong.n_renewal}
    lacks |= {"cancelled new": wrong.cancelled_new, "cancelled renewal": wrong.cancelled_renewal}
    lacks |= {"VND": wrong.amount_new + wrong.amount_renewal, "with amount": wrong.with_amount}
    return ", ".join(f"{-n:+d} {what}" for what, n in lacks.items() if n)


def of_target(wrong: WrongAttainment) -> Finding:
    """The attainment of a target."""
    return Finding(
        "target",
        target_id=str(wrong.target_id),
        expected=wrong.counted,
        found=wrong.kept,
        because="a recount of the target gives something else",
    )
