"""Which targets a sign-up counts for, and by how much a batch advances each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from services.vocabulary import Kind, Measure, Scheme
from targets_api.domain.tally import TallyKey
from targets_api.domain.target import counted_kind

_Place: TypeAlias = tuple[str, Scheme, Kind]


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


def advances_of(
    deltas: Mapping[TallyKey, int], targets: Iterable[Counting], above: Mapping[str, Set[str]]
) -> dict[UUID, Advance]:
    """The advance of each target that the deltas touch. `above` has the organisations above each, itself included."""
    place = _Places(targets)
    advances: dict[UUID, Advance] = defaultdict(Advance)
    for key, n in deltas.items():
        for target in place.candidates(key, above):
            if _counts(target, key, above):
                _add(advances, target, key.day, n)
    return dict(advances)


class _Places:
    """Targets indexed by the narrowest part of their scope, by scheme and by kind, so that a sign-up is compared with
    few of them."""

    def __init__(self, targets: Iterable[Counting]) -> None:
        self._by_unit: dict[_Place, list[Counting]] = defaultdict(list)
        self._by_collector: dict[_Place, list[Counting]] = defaultdict(list)
        self._by_organisation: dict[_Place, list[Counting]] = defaultdict(list)
        for target in targets:
            self._put(target, target.scheme, counted_kind(target.measure))

    def _put(self, target: Counting, scheme: Scheme, kind: Kind) -> None:
        if target.units is not None:
            for unit in target.units:
                self._by_unit[unit, scheme, kind].append(target)
        elif target.collector_code is not None:
            self._by_collector[target.collector_code, scheme, kind].append(target)
        elif target.organisation_code is not None:
            self._by_organisation[target.organisation_code, scheme, kind].append(target)

    def candidates(self, key: TallyKey, above: Mapping[str, Set[str]]) -> Iterator[Counting]:
        scheme, kind = key.scheme, key.kind
        yield from self._by_unit.get((key.unit_code, scheme, kind), ())
        yield from self._by_collector.get((key.collector_code, scheme, kind), ())
        for code in above.get(key.organisation_code, ()):
            yield from self._by_organisation.get((code, scheme, kind), ())


def _counts(target: Counting, key: TallyKey, above: Mapping[str, Set[str]]) -> bool:
    return (
        key.day <= target.ends_on
        and (target.collector_code is None or target.collector_code == key.collector_code)
        and (target.organisation_code is None or target.organisation_code in above.get(key.organisation_code, ()))
    )


def _add(advances: dict[UUID, Advance], target: Counting, day: date, n: int) -> None:
    if day >= target.count_from:
        advances[target.target_id].since += n
    if target.start_from is not None and target.start_from <= day < target.starts_on:
        advances[target.target_id].early += n
