"""What an ended unit has is told under the unit that took its place, whatever the order in which events arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.contracts.enrolment import EnrolmentRecorded
from services.contracts.envelope import Event
from targets_api.progress.figures import ProgressKey
from targets_api.progress.owner_figures import UNITS
from targets_api.progress.queries import figures_of
from tests.targets_api.builders import (
    CAM_THACH,
    HEALTH,
    LAUNCH,
    TargetsService,
    a_sign_up,
    a_unit,
    an_ended_unit,
    sign_ups,
)

PERIOD: Final = {"starts_on": "2025-10-01", "ends_on": "2025-12-31"}
ON: Final = date(2025, 10, 20)
EVE: Final = date(2025, 10, 19)


async def test_an_ended_commune_is_told_under_its_successor_and_stays_readable(service: TargetsService) -> None:
    old, new = await service.target(**PERIOD), await service.target(scope={"unit_code": "15127"}, **PERIOD)
    await service.handle([*sign_ups(3, signed_on=EVE), *sign_ups(2, signed_on=ON, unit_code="15127")])
    await service.handle([an_ended_unit(CAM_THACH, "CS-CT", ON, "15127")])
    assert [await service.achieved(target["id"]) for target in (old, new)] == [3, 5]
    assert (await service.progress("units/15127"))["new"] == 5
    assert (await service.progress("units/15127", on="2025-10-19"))["new"] == 3
    assert (await service.progress())["new"] == 3
    assert (await service.progress("units/38"))["new"] == 5
    children = await service.progress("units/15127/children")
    assert [child["unit"]["code"] for child in children["items"]] == [CAM_THACH, "15127"]


async def test_a_commune_with_several_successors_stays_where_it_was(service: TargetsService) -> None:
    await service.handle([*sign_ups(3, signed_on=EVE), a_unit("15148", "CS-CT")])
    await service.handle([an_ended_unit(CAM_THACH, "CS-CT", ON, "15127", "15148")])
    assert (await service.progress("units/15127"))["new"] == 0
    assert (await service.progress("units/CS-CT"))["new"] == 3


async def test_late_sign_ups_of_an_ended_commune_reach_the_targets_of_its_successor(service: TargetsService) -> None:
    target = await service.target(scope={"unit_code": "15127"}, **PERIOD)
    await service.handle([an_ended_unit(CAM_THACH, "CS-CT", ON, "15127")])
    await service.handle(sign_ups(4, signed_on=EVE, unit_code="15142-01"))
    assert await service.achieved(target["id"]) == 4


async def test_alerts_of_an_ended_commune_go_where_those_of_its_successor_go(service: TargetsService) -> None:
    await service.handle([a_unit("CS-BT", "38", "insurance_unit"), a_unit("14923", "CS-BT")])
    await service.target()
    await service.sweep(date(2025, 11, 8))
    await service.handle([an_ended_unit(CAM_THACH, "CS-CT", ON, "14923")])
    assert [event.data.path for event in await service.published()] == [
        ("38", "CS-CT", CAM_THACH),
        ("38", "CS-BT", "14923", CAM_THACH),
    ]


async def test_successors_of_successors_are_followed(service: TargetsService) -> None:
    await service.handle([*sign_ups(3, signed_on=EVE), a_unit("15148", "38")])
    await service.handle([an_ended_unit("15127", "CS-CT", ON, "15148"), an_ended_unit(CAM_THACH, "CS-CT", ON, "15127")])
    assert (await service.progress("units/15148"))["new"] == 3
    assert (await service.progress("units/CS-CT"))["new"] == 0


COMMUNES: Final = ("C1", "C2", "C3", "C4", "C5")
OFFICES: Final = ("CS-CT", "CS-BT")
CLEAN: Final = text("TRUNCATE targets, target_progress, ledger, tallies, units, unit_ancestors, outbox CASCADE")


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[str, str], list[Event]]:
    """Where each commune is told in the end, and events in any order, some twice: communes move, then most of them end
    in favour of one or several with a higher number; villages below them; and sign-ups."""
    place: dict[str, str] = {"38": "", **dict.fromkeys(OFFICES, "38")}
    events = [a_unit("38", None, "province"), *(a_unit(office, "38", "insurance_unit") for office in OFFICES)]
    for nth, code in enumerate(COMMUNES):
        parents = draw(st.lists(st.sampled_from(OFFICES), min_size=1, max_size=3))
        events += [a_unit(code, parent, version=version) for version, parent in enumerate(parents, 1)]
        successors = draw(st.lists(st.sampled_from(COMMUNES[nth + 1 :]), unique=True, max_size=2)) if nth < 4 else []
        place[code] = successors[0] if len(successors) == 1 else parents[-1]
        if successors:
            events.append(an_ended_unit(code, parents[-1], ON, *successors, version=len(parents) + 1))
        village = f"{code}-01"
        events.append(a_unit(village, code, "village"))
        place[village] = code
    signed = st.builds(
        lambda unit, day: a_sign_up(unit_code=unit, signed_on=ON + timedelta(days=day)),
        st.sampled_from([*COMMUNES, *(f"{code}-01" for code in COMMUNES)]),
        st.integers(-5, 5),
    )
    events += draw(st.lists(signed, max_size=12))
    repeated = draw(st.lists(st.sampled_from(events), max_size=5))
    return place, draw(st.permutations([*events, *repeated]))


def above(code: str, place: Mapping[str, str]) -> Iterator[str]:
    """The unit, and all that it is told below."""
    while code:
        yield code
        code = place[code]


def expected(place: Mapping[str, str], events: Sequence[Event]) -> dict[str, int]:
    """Sign-ups at or below each unit."""
    recorded = {e.data.enrolment_id: e.data.unit_code for e in events if isinstance(e, EnrolmentRecorded)}
    counts = dict.fromkeys(place, 0)
    for unit in recorded.values():
        for code in above(unit, place):
            counts[code] += 1
    return counts


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],  # to shrink a failure would take minutes
)
@given(history=histories(), size=st.integers(4, 20))
async def test_rollups_after_successions_in_any_order_are_those_of_the_last_place(
    service: TargetsService, history: tuple[dict[str, str], list[Event]], size: int
) -> None:
    place, events = history
    async with service.runtime.database.write() as work:
        await work.execute(CLEAN)
    await service.handle([a_unit("38", None, "province"), a_unit("C1", "38")])
    targets = {code: (await service.target(scope={"unit_code": code}, **PERIOD))["id"] for code in ("38", "C1")}
    for start in range(0, len(events), size):
        await service.handle(events[start : start + size])
    wanted = expected(place, events)
    keys = [ProgressKey(code, HEALTH, date(2025, 1, 1), LAUNCH) for code in place]
    async with service.runtime.database.read() as session:
        told = await figures_of(session, UNITS, keys, LAUNCH)
    assert {each.owner.code: each.owner.new for each in told if each} == wanted
    assert {code: await service.achieved(target) for code, target in targets.items()} == {
        code: wanted[code] for code in targets
    }
