"""Which targets a sign-up counts for, and by how much a batch advances each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from services.vocabulary import Kind, Measure, Scheme
from targets_api.domain.tally import TallyKey
from targets_api.domain.target import counted_kind

_Place: TypeAlias = tuple[Scheme, Kind]
_Index: TypeAlias = "dict[_Place, dict[str, list[_Running]]]"


@dataclass(frozen=True, slots=True)
class Counting:
    """What counts for a target.

    `units` are those of the batch at or below its unit, None where it has no unit. Sign-ups count from
    `count_from` to `ends_on`; those from `start_from` (never, where it is None) to before `starts_on` move its start.
    """

    target_id: UUID
    units: Sequence[str] | None
    organisation_code: str | None
    collector_code: str | None
    scheme: Scheme
    measure: Measure
    count_from: date
    start_from: date | None
    starts_on: date
    ends_on: date


@dataclass(slots=True)
class Advance:
    """Sign-ups to add: `since` to what was achieved, `early` to where the target began."""

    since: int = 0
    early: int = 0


@dataclass(slots=True)
class _Running:
    """A row of a target, with what was added to it so far; None: nothing that it counts was seen."""

    of: Counting
    ends_on: date
    count_from: date
    start_from: date | None
    starts_on: date
    is_narrower: bool
    """Than what it was found by: a collector or an organisation is to be compared, too."""
    since: int | None = None
    early: int | None = None

    def counts(self, key: TallyKey, above: Mapping[str, Set[str]]) -> bool:
        """Whether the key is of its collector and below its organisation."""
        collector, organisation = self.of.collector_code, self.of.organisation_code
        return (collector is None or collector == key.collector_code) and (
            organisation is None or organisation in above.get(key.organisation_code, ())
        )


def advances_of(
    deltas: Mapping[TallyKey, int], targets: Iterable[Counting], above: Mapping[str, Set[str]]
) -> dict[UUID, Advance]:
    """The advance of each target that the deltas touch. `above` has the organisations above each, itself included."""
    places = _Places(targets)
    for key, n in deltas.items():
        day = key.day
        # A batch meets tens of thousands of pairs: a call for each of them would be most of the cost.
        for each in places.candidates(key, above):
            if day > each.ends_on or (each.is_narrower and not each.counts(key, above)):
                continue
            if day >= each.count_from:
                each.since = (each.since or 0) + n
            if each.start_from is not None and each.start_from <= day < each.starts_on:
                each.early = (each.early or 0) + n
    return _advances(places.rows)


def _advances(rows: Iterable[_Running]) -> dict[UUID, Advance]:
    """Of the targets that were touched; a target in parts has several rows."""
    advances: dict[UUID, Advance] = defaultdict(Advance)
    for row in rows:
        if row.since is not None or row.early is not None:
            advance = advances[row.of.target_id]
            advance.since += row.since or 0
            advance.early += row.early or 0
    return dict(advances)


class _Places:
    """Targets indexed by the narrowest part of their scope, by scheme and by kind, so that a sign-up is compared with
    few of them."""

    def __init__(self, targets: Iterable[Counting]) -> None:
        self.rows: list[_Running] = []
        self._by_unit: _Index = defaultdict(lambda: defaultdict(list))
        self._by_collector: _Index = defaultdict(lambda: defaultdict(list))
        self._by_organisation: _Index = defaultdict(lambda: defaultdict(list))
        for target in targets:
            self._put(target, (target.scheme, counted_kind(target.measure)))

    def _put(self, of: Counting, place: _Place) -> None:
        is_narrower = of.organisation_code is not None or of.collector_code is not None
        row = _Running(of, of.ends_on, of.count_from, of.start_from, of.starts_on, is_narrower)
        self.rows.append(row)
        if of.units is not None:
            by_unit = self._by_unit[place]
            for unit in of.units:
                by_unit[unit].append(row)
        elif of.collector_code is not None:
            self._by_collector[place][of.collector_code].append(row)
        elif of.organisation_code is not None:
            self._by_organisation[place][of.organisation_code].append(row)

    def candidates(self, key: TallyKey, above: Mapping[str, Set[str]]) -> Iterable[_Running]:
        """Rows that the key may count for."""
        place: _Place = (key.scheme, key.kind)
        of_unit = self._by_unit[place].get(key.unit_code, ())
        by_collector, by_organisation = self._by_collector[place], self._by_organisation[place]
        if not by_collector and not by_organisation:
            return of_unit
        found = [*of_unit, *by_collector.get(key.collector_code, ())]
        for code in above.get(key.organisation_code, ()) if by_organisation else ():
            found += by_organisation.get(code, ())
        return found
