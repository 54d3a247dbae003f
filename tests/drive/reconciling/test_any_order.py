"""Whatever comes in which order, and whatever is damaged and rebuilt in between: figures are those of the sign-ups."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from drive.reconciling.rebuilding import Rebuild
from services.contracts.enrolment import EnrolmentEvent
from targets_api.ledger.rollups import roll_up
from targets_api.progress.figures import ProgressKey
from targets_api.progress.owner_figures import ORGANISATIONS, UNITS
from targets_api.progress.queries import figures_of
from tests.drive.reconciling.conftest import Pair
from tests.targets_api.attainment.test_counted import schemes
from tests.targets_api.ledger.test_rollups import (
    CLEAN,
    OFFICES,
    UNIT_CODES,
    History,
    assert_rolled_up,
    by_brute_force,
    days,
    histories,
    live,
)

DAMAGE = (
    "+UPDATE tallies SET n = n + 3, amount = amount - 1",
    "UPDATE tallies SET cancelled = cancelled + 2",
    "+DELETE FROM tallies WHERE kind = 'new'",
    "DELETE FROM tallies",
    "UPDATE unit_rollups SET n_new = n_new + 5, with_amount = 3",
    "DELETE FROM organisation_rollups WHERE span = 'month'",
    "DELETE FROM tally_deltas",
)


async def rebuild(pair: Pair) -> None:
    rebuild = Rebuild(pair.sides, pair.targets.runtime.clock, lambda _: None, lambda _: None)
    await rebuild.run(None, remove=False)


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate],  # to shrink a failure would take minutes
)
@given(
    history=histories(),
    size=st.integers(1, 12),
    scheme=schemes,
    ends=st.tuples(days, days),
    when=st.floats(0, 1),
    damage=st.lists(st.sampled_from(DAMAGE), min_size=1, max_size=4),
)
async def test_figures_after_damage_and_a_rebuild_in_the_middle_are_those_of_brute_force(
    pair: Pair, history: History, size: int, scheme: Any, ends: Any, when: float, damage: list[str]
) -> None:
    async with pair.targets.runtime.database.write() as work:
        await work.execute(CLEAN)
    middle = int(len(history.steps) * when)
    await live(pair.targets, history.steps[:middle], size)
    await pair.damage(*damage)
    await rebuild(pair)
    await live(pair.targets, history.steps[middle:], size)
    events = [each for each in history.steps if not isinstance(each, str) and isinstance(each, EnrolmentEvent)]
    for owner, node, codes in ((UNITS, "unit_code", UNIT_CODES), (ORGANISATIONS, "organisation_code", OFFICES)):
        keys = [ProgressKey(code, scheme, min(ends), max(ends)) for code in codes]
        expected = [by_brute_force(key, node, events, history.parents) for key in keys]
        async with pair.targets.runtime.database.read() as session:
            told: Any = await figures_of(session, owner, keys, max(ends))
        found = [(f.new, f.renewal, f.cancelled, f.contributions) for f in (each.owner for each in told)]
        assert found == expected
    await roll_up(pair.targets.runtime.database)
    await assert_rolled_up(pair.targets)
