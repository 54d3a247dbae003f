"""What a target counts is the same three times: by the rule in plain Python, in SQL, and batch after batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, get_args
from uuid import UUID

import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.contracts.enrolment import EnrolmentEvent, EnrolmentFacts
from services.vocabulary import Measure, Scheme
from targets_api.attainment.recount import recount
from targets_api.domain.target import STOCK_MEASURES, counted_kind
from tests.targets_api.builders import (
    CAM_THACH,
    LAUNCH,
    TargetsService,
    a_cancellation,
    a_collector,
    a_correction,
    a_sign_up,
    an_organisation,
)

ABOVE: Final = {
    "15142-01": ("15142-01", CAM_THACH, "CS-CT", "38"),
    "15142-02": ("15142-02", CAM_THACH, "CS-CT", "38"),
    CAM_THACH: (CAM_THACH, "CS-CT", "38"),
    "15127": ("15127", "CS-CT", "38"),
    "CS-CT": ("CS-CT", "38"),
    "38": ("38",),
    "CT": ("CT", "VNPOST"),
    "NL": ("NL", "VNPOST"),
    "VTL": ("VTL",),
}
"""Units and organisations, each with all above it."""
ABOVE_COMMUNES: Final = ("38", "CS-CT")
UNITS: Final = ("15142-01", "15142-02", CAM_THACH, "15127")
ORGANISATIONS: Final = ("CT", "NL", "VTL")
COLLECTORS: Final = ("CT-07", "CT-08", "VTL-01")
CLEAN: Final = text(
    "TRUNCATE targets, target_progress, target_parts, baselines, ledger, tallies, recounts, outbox CASCADE"
)

days = st.integers(-12, 12).map(lambda n: LAUNCH + timedelta(days=n))
schemes = st.sampled_from(get_args(Scheme))


@dataclass(frozen=True)
class Spec:
    """A target to be set."""

    unit: str | None
    organisation: str | None
    collector: str | None
    scheme: Scheme
    measure: Measure
    starts_on: date
    length: int

    @property
    def body(self) -> dict[str, object]:
        """As it is posted."""
        return {
            "scope": {
                "unit_code": self.unit,
                "organisation_code": self.organisation,
                "collector_code": self.collector,
            },
            "scheme": self.scheme,
            "measure": self.measure,
            "value": 0.9 if self.measure == "coverage" else 100,
            "starts_on": self.starts_on.isoformat(),
            "ends_on": (self.starts_on + timedelta(days=self.length)).isoformat(),
        }


@dataclass(frozen=True)
class Baseline:
    """A count of one day."""

    unit: str
    scheme: Scheme
    on: date
    covered: int


def scopes() -> st.SearchStrategy[Spec]:
    """Targets of flows for any scope, of stocks for a unit."""
    flows = st.builds(
        Spec,
        unit=st.sampled_from([None, "38", "CS-CT", *UNITS]),
        organisation=st.sampled_from([None, "VNPOST", *ORGANISATIONS]),
        collector=st.sampled_from([None, *COLLECTORS]),
        scheme=schemes,
        measure=st.sampled_from(["new", "renewal"]),
        starts_on=days,
        length=st.integers(0, 12),
    ).filter(lambda spec: bool(spec.unit or spec.organisation or spec.collector) and is_of_its_organisation(spec))
    stocks = st.builds(
        Spec,
        unit=st.sampled_from(ABOVE_COMMUNES + UNITS),
        organisation=st.none(),
        collector=st.none(),
        scheme=schemes,
        measure=st.sampled_from(sorted(STOCK_MEASURES)),
        starts_on=days,
        length=st.integers(0, 12),
    )
    return flows | stocks


def is_of_its_organisation(spec: Spec) -> bool:
    """A collector in the scope is one of the organisation in it."""
    employer = "VTL" if spec.collector == "VTL-01" else "CT"
    return spec.collector is None or spec.organisation is None or spec.organisation in ABOVE[employer]


def life(draws: Sequence[tuple[dict[str, Any], int]], *, is_cancelled: bool) -> list[EnrolmentEvent]:
    """The events of a sign-up: recorded, corrected after some versions that nobody is told of, cancelled."""
    recorded = a_sign_up(**draws[0][0])
    events: list[EnrolmentEvent] = [recorded]
    for changes, versions in draws[1:]:
        events.append(a_correction(recorded, events[-1].data.version + versions, **changes))
    if is_cancelled:
        events.append(a_cancellation(events[-1], events[-1].data.version + 1))
    return events


facts = st.fixed_dictionaries(
    {
        "unit_code": st.sampled_from(UNITS),
        "organisation_code": st.sampled_from(ORGANISATIONS),
        "collector_code": st.sampled_from(COLLECTORS),
        "scheme": schemes,
        "kind": st.sampled_from(["new", "renewal"]),
        "signed_on": days,
    }
)
lives = st.builds(
    life, st.lists(st.tuples(facts, st.integers(1, 3)), min_size=1, max_size=4), is_cancelled=st.booleans()
)


@st.composite
def arrivals(draw: st.DrawFn) -> list[EnrolmentEvent]:
    """The events of many lives in any order, some of them twice."""
    events = [event for each in draw(st.lists(lives, max_size=16)) for event in each]
    repeated = draw(st.lists(st.sampled_from(events), max_size=8)) if events else []
    return draw(st.permutations([*events, *repeated]))


def standing(events: Iterable[EnrolmentEvent]) -> list[EnrolmentEvent]:
    """The newest of each sign-up, but for those that were cancelled."""
    newest = {e.data.enrolment_id: e for e in sorted(events, key=lambda event: event.data.version)}
    return [event for event in newest.values() if not event.data.cancelled]


baselines = st.builds(
    Baseline,
    unit=st.sampled_from(ABOVE_COMMUNES + UNITS),
    scheme=schemes,
    on=st.integers(-12, 0).map(lambda n: LAUNCH + timedelta(days=n)),
    covered=st.integers(0, 900),
)


def counts(spec: Spec, facts: EnrolmentFacts) -> bool:
    """Whether a sign-up is in the target's scope and of what its measure counts, on whatever day."""
    return (
        (facts.scheme, facts.kind) == (spec.scheme, counted_kind(spec.measure))
        and (spec.unit is None or spec.unit in ABOVE[facts.unit_code])
        and (spec.organisation is None or spec.organisation in ABOVE[facts.organisation_code])
        and spec.collector in (None, facts.collector_code)
    )


def expected(spec: Spec, recorded: Sequence[EnrolmentEvent], known: Sequence[Baseline]) -> tuple[int, int]:
    """What the target has achieved, and where it began."""
    signed_on = [event.data.signed_on for event in recorded if counts(spec, event.data)]
    ends_on = spec.starts_on + timedelta(days=spec.length)
    if spec.measure not in STOCK_MEASURES:
        return sum(spec.starts_on <= day <= ends_on for day in signed_on), 0
    parts = [of_part(spec, unit, recorded, known) for unit in parts_of(spec, known)]
    return sum(achieved for achieved, _ in parts), sum(began for _, began in parts)


def parts_of(spec: Spec, known: Sequence[Baseline]) -> list[str]:
    """The unit, where it has a baseline, else the uppermost insurance units and communes below it that have one."""
    ends_on = spec.starts_on + timedelta(days=spec.length)
    counted = {b.unit for b in known if b.scheme == spec.scheme and b.on <= ends_on}
    if spec.unit in counted:
        return [spec.unit]
    below = {unit for unit in counted & {CAM_THACH, "15127", "CS-CT"} if spec.unit in ABOVE[unit]}
    return [unit for unit in below if not below.intersection(ABOVE[unit][1:])]


def of_part(spec: Spec, unit: str, recorded: Sequence[EnrolmentEvent], known: Sequence[Baseline]) -> tuple[int, int]:
    """What a part adds to what was achieved, and to where the target began."""
    ends_on = spec.starts_on + timedelta(days=spec.length)
    facts = [e.data for e in recorded if counts(spec, e.data)]
    signed_on = [each.signed_on for each in facts if unit in ABOVE[each.unit_code]]
    of_unit = {b.on: b.covered for b in known if (b.unit, b.scheme) == (unit, spec.scheme) and b.on <= ends_on}
    latest = max(of_unit)
    achieved = of_unit[latest] + sum(latest < day <= ends_on for day in signed_on)
    before = max((on for on in of_unit if on < spec.starts_on), default=None)
    if before is None:
        return achieved, of_unit[min(of_unit)]
    return achieved, of_unit[before] + sum(before < day < spec.starts_on for day in signed_on)


@pytest_asyncio.fixture
async def counting(service: TargetsService) -> TargetsService:
    """With a second partner, on the day after the last baseline."""
    service.runtime.clock.pin(LAUNCH + timedelta(days=1))
    await service.handle([an_organisation("VTL"), a_collector("VTL-01", "VTL")])
    return service


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],  # to shrink a failure would take minutes
)
@given(
    specs=st.lists(scopes(), min_size=1, max_size=6, unique=True),
    events=arrivals(),
    early=st.integers(0, 30),
    known=st.lists(baselines, max_size=8, unique_by=lambda b: (b.unit, b.scheme, b.on)),
    size=st.integers(1, 9),
)
async def test_rule_sql_and_batches_count_the_same(
    counting: TargetsService,
    specs: list[Spec],
    events: list[EnrolmentEvent],
    early: int,
    known: list[Baseline],
    size: int,
) -> None:
    async with counting.runtime.database.write() as work:
        await work.execute(CLEAN)
    if events[:early]:
        await counting.handle(events[:early])
    for each in known:
        await put(counting, each)
    targets = {UUID((await counting.target(**spec.body))["id"]): spec for spec in specs if is_settable(spec, known)}
    for batch in in_batches(events[early:], size):
        await counting.handle(batch)
    everything = {target: expected(spec, standing(events), known) for target, spec in targets.items()}
    assert await attained(counting) == everything, "batch after batch"
    async with counting.runtime.database.write() as work:
        await recount(work, sorted(targets))
    assert await attained(counting) == everything, "recounted in SQL"
    await the_tallies_are_those_of_the_ledger(counting, events)


def is_settable(spec: Spec, known: Sequence[Baseline]) -> bool:
    """A stock needs a baseline up to the end of its period."""
    return spec.measure not in STOCK_MEASURES or bool(parts_of(spec, known))


async def the_tallies_are_those_of_the_ledger(service: TargetsService, events: Sequence[EnrolmentEvent]) -> None:
    """Both have each sign-up once."""
    [row] = await service.rows(
        """
        SELECT (SELECT count(*) FROM ledger) AS entries, (SELECT count(*) FROM ledger WHERE cancelled) AS cancelled,
            (SELECT coalesce(sum(n), 0) FROM tallies) AS n, (SELECT coalesce(sum(cancelled), 0) FROM tallies) AS gone
        """
    )
    known = len({event.data.enrolment_id for event in events})
    stand = len(standing(events))
    assert tuple(row) == (known, known - stand, stand, known - stand)


def in_batches(events: Sequence[EnrolmentEvent], size: int) -> Iterator[list[EnrolmentEvent]]:
    """Batches of that size."""
    return ([*events[start : start + size]] for start in range(0, len(events), size))


async def put(service: TargetsService, baseline: Baseline) -> None:
    """Set a baseline over HTTP."""
    body = {"scheme": baseline.scheme, "on": baseline.on.isoformat(), "population": 1000, "covered": baseline.covered}
    answer = await service.http.put(f"/v1/units/{baseline.unit}/baselines", json=body)
    assert answer.status_code in (200, 201), answer.text


async def attained(service: TargetsService) -> dict[UUID, tuple[int, int]]:
    """What is stored of each target: achieved, and covered at its start."""
    rows = await service.rows("SELECT target_id, achieved, covered_at_start FROM target_progress")
    return {row.target_id: (row.achieved, row.covered_at_start) for row in rows}
