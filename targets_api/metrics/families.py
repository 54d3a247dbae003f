"""Figures of units as metric families. Each is a gauge: a correction or a cancellation may lower any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from targets_api.metrics.reader import Measured
from targets_api.progress.schemas import TargetPace, UnitProgress

_UNIT: Final = ("unit_code", "name", "level", "scheme")
_TARGET: Final = (*_UNIT, "measure")
_STATUS: Final = (*_TARGET, "status", "severity")
OfUnit: TypeAlias = Callable[[UnitProgress], float | None]
OfTarget: TypeAlias = Callable[[TargetPace], float | None]
OF_UNITS: Final[dict[str, tuple[str, OfUnit]]] = {
    "drive_unit_new": ("New sign-ups since 1 January", lambda unit: unit.new),
    "drive_unit_renewal": ("Renewals since 1 January", lambda unit: unit.renewal),
    "drive_unit_cancelled": ("How many of both were cancelled since", lambda unit: unit.cancelled),
    "drive_unit_net": ("New + renewals - cancelled", lambda unit: unit.net),
    "drive_unit_population": ("Population of the latest baseline", lambda unit: unit.population),
    "drive_unit_covered": ("Persons covered: baseline and new sign-ups since", lambda unit: unit.covered),
    "drive_unit_coverage_ratio": ("Covered / population, from 0 to 1", lambda unit: unit.coverage),
}
"""A unit without a baseline has no sample of the last three."""
OF_TARGETS: Final[dict[str, tuple[str, OfTarget]]] = {
    "drive_unit_target_attained_ratio": ("The share of the way that is behind it", lambda pace: pace.attained),
    "drive_unit_target_expected_ratio": ("The share of the way that is expected by now", lambda pace: pace.expected),
    "drive_unit_target_pace_ratio": (
        "Attained / expected; none where nothing is expected yet",
        lambda pace: pace.ratio,
    ),
    "drive_unit_target_short_by": ("Persons that are missing by now", lambda pace: pace.short_by),
}
STATUS: Final = "drive_unit_target_status"
AS_OF: Final = "drive_unit_newest_event_timestamp_seconds"


class Families(Collector):
    """What a scrape gets."""

    def __init__(self, measured: Sequence[Measured], as_of: datetime | None) -> None:
        self._measured = measured
        self._as_of = as_of

    def collect(self) -> Iterator[Metric]:
        """Each family, with a sample for each unit that has one."""
        for name, (said, of_unit) in OF_UNITS.items():
            values = ((_unit(each), of_unit(each.progress)) for each in self._measured)
            yield _family(name, said, _UNIT, values)
        paces = [(each, each.pace) for each in self._measured if each.pace]
        for name, (said, of_target) in OF_TARGETS.items():
            yield _family(name, said, _TARGET, ((_target(each, pace), of_target(pace)) for each, pace in paces))
        status = "1 for the status of the target; severity is empty where it does not lag behind"
        labels = (([*_target(each, pace), pace.status, pace.severity or ""], 1.0) for each, pace in paces)
        yield _family(STATUS, status, _STATUS, labels)
        newest = self._as_of.timestamp() if self._as_of else None
        yield _family(AS_OF, "Time of the newest sign-up event that is counted, of any unit", (), [([], newest)])


def _family(
    name: str, said: str, labels: Sequence[str], values: Iterable[tuple[Sequence[str], float | None]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, said, labels=labels)
    for named, value in values:
        if value is not None:
            family.add_metric(named, value)
    return family


def _unit(measured: Measured) -> list[str]:
    unit = measured.progress.unit
    return [unit.code, unit.name, unit.level, measured.progress.scheme]


def _target(measured: Measured, pace: TargetPace) -> list[str]:
    return [*_unit(measured), pace.measure]
