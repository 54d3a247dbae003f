"""Nobody is counted twice, or not at all, when communes merge and split: population and persons covered, by day.

The brute force below knows each person's commune and who was counted when; it knows no tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.contracts.envelope import Event
from targets_api.attainment.recount import recount
from targets_api.progress.figures import ProgressKey
from targets_api.progress.owner_figures import UNITS
from targets_api.progress.queries import figures_of
from tests.targets_api.builders import CAM_THACH, HEALTH, TargetsService, a_sign_up, a_unit, an_ended_unit, sign_ups

ON: Final = date(2025, 10, 20)
EVE: Final = date(2025, 10, 19)
DAY: Final = timedelta(days=1)
PERIOD: Final = {"starts_on": "2025-10-01", "ends_on": "2025-10-31", "measure": "in_force", "value": 50_000}


async def stock(service: TargetsService, unit: str, on: date = date(2025, 10, 25)) -> tuple[int | None, int | None]:
    """Population and persons covered."""
    progress = await service.progress(f"units/{unit}", on=on.isoformat())
    return progress["population"], progress["covered"]


@pytest.fixture
def merged() -> list[Event]:
    """Cẩm Thạch and Cẩm Thủy become Cẩm Mới."""
    new = a_unit("15999", "CS-CT", valid_from=ON)
    return [new, *(an_ended_unit(code, "CS-CT", ON, "15999") for code in (CAM_THACH, "15127"))]


async def test_a_new_commune_has_the_people_of_those_before_it_and_its_own_sign_ups(
    service: TargetsService, merged: list[Event]
) -> None:
    await service.baseline(date(2025, 10, 1), covered=100, population=1000)
    await service.baseline(date(2025, 10, 2), covered=200, population=2000, unit="15127")
    await service.handle(merged)
    await service.handle([*sign_ups(3, signed_on=EVE), *sign_ups(4, signed_on=ON, unit_code="15999")])
    for unit in ("15999", "CS-CT", "38"):
        assert await stock(service, unit) == (3000, 307)
        assert (await service.progress(f"units/{unit}"))["without_baseline"] == []
    assert await stock(service, CAM_THACH) == (1000, 103)
    target = await service.target(scope={"unit_code": "15999"}, **PERIOD)
    await service.handle(sign_ups(5, signed_on=ON, unit_code="15999"))
    assert await service.achieved(target["id"]) == 312
    await service.baseline(date(2025, 10, 21), covered=330, population=3100, unit="15999")
    assert await stock(service, "38") == (3100, 330)
    assert await service.achieved(target["id"]) == 330


async def test_a_commune_that_takes_in_another_keeps_its_count_beside_that_of_the_other(
    service: TargetsService,
) -> None:
    await service.baseline(date(2025, 10, 1), covered=100, population=1000)
    await service.baseline(date(2025, 10, 2), covered=200, population=2000, unit="15127")
    target = await service.target(scope={"unit_code": "15127"}, **PERIOD)
    await service.handle([an_ended_unit(CAM_THACH, "CS-CT", ON, "15127")])
    await service.handle([*sign_ups(3, signed_on=EVE), *sign_ups(4, signed_on=ON, unit_code="15127")])
    assert await stock(service, "15127") == await stock(service, "38") == (3000, 307)
    assert await service.achieved(target["id"]) == 307
    await service.baseline(ON, covered=310, population=3050, unit="15127")
    assert await stock(service, "15127") == await stock(service, "38") == (3050, 310)
    assert await service.achieved(target["id"]) == 310


async def test_a_commune_that_was_never_counted_is_not_covered_by_a_count_from_before_the_merger(
    service: TargetsService,
) -> None:
    await service.baseline(date(2025, 10, 2), covered=200, population=2000, unit="15127")
    await service.handle([an_ended_unit(CAM_THACH, "CS-CT", ON, "15127"), *sign_ups(3, signed_on=EVE)])
    progress = await service.progress("units/15127")
    assert (progress["population"], progress["covered"], progress["without_baseline"]) == (2000, 200, [CAM_THACH])


async def test_a_split_commune_is_counted_until_one_that_took_its_place_is(service: TargetsService) -> None:
    await service.baseline(date(2025, 10, 1), covered=100, population=1000)
    parts = [a_unit(code, "CS-CT", valid_from=ON) for code in ("15998", "15999")]
    await service.handle([*parts, an_ended_unit(CAM_THACH, "CS-CT", ON, "15998", "15999")])
    await service.handle([*sign_ups(3, signed_on=EVE), *sign_ups(4, signed_on=ON, unit_code="15999")])
    assert await stock(service, "CS-CT") == (1000, 107)
    progress = await service.progress("units/15999")
    assert (progress["population"], progress["covered"], progress["without_baseline"]) == (None, None, ["15999"])
    target = await service.target(scope={"unit_code": "CS-CT"}, **PERIOD)
    assert await service.achieved(target["id"]) == 107
    for code, population in (("15998", 400), ("15999", 610)):
        await service.baseline(date(2025, 10, 21), covered=50, population=population, unit=code)
    assert await stock(service, "CS-CT") == (1010, 100)
    assert await service.achieved(target["id"]) == 100


async def test_a_successor_without_any_count_is_given_no_target_of_persons_covered(
    service: TargetsService, merged: list[Event]
) -> None:
    await service.handle(merged)
    body = {"scope": {"unit_code": "15999"}, "scheme": HEALTH, "name": None, **PERIOD}
    refused = await service.http.post("/v1/targets", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/scope/unit_code")


@pytest.mark.parametrize(("unit", "on"), [("15999", "2025-10-19"), (CAM_THACH, "2025-10-20")])
async def test_a_unit_is_counted_on_days_on_which_it_exists(
    service: TargetsService, merged: list[Event], unit: str, on: str
) -> None:
    await service.handle(merged)
    body = {"scheme": HEALTH, "on": on, "population": 1000, "covered": 100}
    refused = await service.http.put(f"/v1/units/{unit}/baselines", json=body)
    assert (refused.status_code, refused.json()["type"]) == (422, "http://test/problems/invalid-baseline")
    assert refused.json()["errors"][0]["pointer"] == "/on"


COMMUNES: Final = ("C1", "C2", "C3", "C4")
CLEAN: Final = text(
    "TRUNCATE targets, target_progress, target_parts, baselines, ledger, tallies, outbox,"
    " units, unit_ancestors, unit_successors CASCADE"
)
days = st.integers(-6, 4).map(lambda n: ON + n * DAY)


@dataclass
class History:
    """Mergers: who took the place of whom, from when; who began on that day; counts; sign-ups."""

    after: dict[str, str] = field(default_factory=dict)
    ends: dict[str, date] = field(default_factory=dict)
    begins: dict[str, date] = field(default_factory=dict)
    counts: dict[tuple[str, date], tuple[int, int]] = field(default_factory=dict)
    signed: list[tuple[str, date]] = field(default_factory=list)

    def stock(self, unit: str, on: date) -> tuple[int, int] | None:
        """Population and persons covered of a commune, with those told below it; None where nobody was counted."""
        found = [self._of_part(part, on) for part in self._parts(unit, on)]
        people = sum(population for population, _ in found)
        return (people, sum(covered for _, covered in found)) if people else None

    def _of_part(self, unit: str, on: date) -> tuple[int, int]:
        counted_on = self._counted_on(unit, on)
        assert counted_on is not None
        population, covered = self.counts.get((unit, counted_on), (0, 0))
        since = (s for s in self.signed if counted_on < s[1] <= on and self._belongs(s[0], unit, counted_on))
        return population, covered + sum(1 for _ in since)

    def _parts(self, unit: str, on: date) -> Iterator[str]:
        """The commune and those told below it, as far as they were counted, and by no count above."""
        for part in COMMUNES:
            path = list(self._path(part))
            if unit not in path or self._counted_on(part, on) is None:
                continue
            above = path[1 : path.index(unit) + 1]
            counts = ((each, self._counted_on(each, on)) for each in above)
            if not any(day is not None and self._belongs(part, each, day) for each, day in counts):
                yield part

    def _path(self, unit: str) -> Iterator[str]:
        yield unit
        while unit in self.after:
            unit = self.after[unit]
            yield unit

    def _belongs(self, unit: str, above: str, day: date) -> bool:
        """Whether the unit was part of the one above at the end of that day."""
        path = list(self._path(unit))
        return above in path and all(self.ends[each] <= day for each in path[: path.index(above)])

    def _counted_on(self, unit: str, on: date) -> date | None:
        """The day of the latest count; on the eve of its first day a successor has nobody."""
        counted = {day for code, day in self.counts if code == unit and day <= on}
        took_over = any(self.after.get(each) == unit and self.ends[each] == self.begins.get(unit) for each in COMMUNES)
        if took_over and self.begins[unit] - DAY <= on:
            counted.add(self.begins[unit] - DAY)
        return max(counted, default=None)


@st.composite
def histories(draw: st.DrawFn) -> History:
    history = History()
    for nth, code in enumerate(COMMUNES):
        if nth and draw(st.booleans()):
            history.begins[code] = draw(days)
        if nth < 3 and draw(st.booleans()):
            history.after[code] = draw(st.sampled_from(COMMUNES[nth + 1 :]))
    for code, successor in history.after.items():
        begin = history.begins.get(successor)
        history.ends[code] = begin if begin and draw(st.booleans()) else draw(days)
    counted = draw(st.lists(st.tuples(st.sampled_from(COMMUNES), days), max_size=6, unique=True))
    for nth, key in enumerate(counted):
        history.counts[key] = (1000 << nth, 100 << nth)
    history.signed = draw(st.lists(st.tuples(st.sampled_from(COMMUNES), days), max_size=12))
    return history


def registry_of(history: History) -> list[Event]:
    """Each commune below the province, as it ended."""
    return [
        a_unit(code, "38", version=2, valid_from=history.begins.get(code), **_end(history, code)) for code in COMMUNES
    ]


def _end(history: History, code: str) -> dict[str, Any]:
    if code not in history.after:
        return {}
    return {"valid_to": history.ends[code] - DAY, "successors": (history.after[code],)}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],  # to shrink a failure would take minutes
)
@given(history=histories(), data=st.data())
async def test_stocks_after_mergers_in_any_order_equal_brute_force(
    service: TargetsService, history: History, data: st.DataObject
) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(CLEAN)
    await service.handle([a_unit("38", None, "province"), *(a_unit(code, "38") for code in COMMUNES)])
    for (unit, day), (population, covered) in history.counts.items():
        await service.baseline(day, covered=covered, population=population, unit=unit)
    recorded = [a_sign_up(unit_code=unit, signed_on=day) for unit, day in history.signed]
    events = data.draw(st.permutations([*registry_of(history), *recorded]))
    early = data.draw(st.integers(0, len(events)))
    await service.handle(events[:early])
    targets = await _targets(service)
    for start in range(early, len(events), 4):
        await service.handle(events[start : start + 4])
    wanted = {(code, day): history.stock(code, day) for code in COMMUNES for day in (ON - 3 * DAY, ON + 6 * DAY)}
    assert await _stocks(service, list(wanted)) == wanted
    achieved = {code: found[1] if (found := history.stock(code, ON + 6 * DAY)) else None for code in targets}
    await _assert_achieved(service, targets, achieved)
    async with service.runtime.database.write() as work:
        await recount(work, sorted(targets.values()))
    await _assert_achieved(service, targets, achieved)


async def _targets(service: TargetsService) -> dict[str, Any]:
    """Targets of persons covered for the communes for which one can be set by now."""
    targets = {}
    for code in COMMUNES:
        period = {**PERIOD, "ends_on": (ON + 6 * DAY).isoformat()}
        body = {"scope": {"unit_code": code}, "scheme": HEALTH, "name": None, **period}
        answer = await service.http.post("/v1/targets", json=body)
        if answer.status_code == 201:
            targets[code] = answer.json()["id"]
    return targets


async def _stocks(service: TargetsService, keys: Sequence[tuple[str, date]]) -> dict[tuple[str, date], Any]:
    asked = [ProgressKey(code, HEALTH, date(2025, 1, 1), day) for code, day in keys]
    async with service.runtime.database.read() as session:
        found = await figures_of(session, UNITS, asked, ON)
    return {
        key: (each.owner.population, each.owner.covered) if each and each.owner.population is not None else None
        for key, each in zip(keys, found, strict=True)
    }


async def _assert_achieved(
    service: TargetsService, targets: Mapping[str, str], wanted: Mapping[str, int | None]
) -> None:
    """But for targets that were set on a count which turned out to be from before the first day of the unit."""
    counted = {code: target for code, target in targets.items() if wanted[code] is not None}
    found = {code: await service.achieved(target) for code, target in counted.items()}
    assert found == {code: wanted[code] for code in counted}
