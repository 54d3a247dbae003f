"""The read of a series: all its points by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from itertools import accumulate
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from services.persistence.unit_of_work import ReadSession
from services.vocabulary import RegistryKind, Scheme
from targets_api.domain.series import By, Days, points_of
from targets_api.progress.owners import owner_of
from targets_api.progress.progress_view import counts_of
from targets_api.progress.series.schemas import CollectorSeries, OrganisationSeries, Point, UnitSeries
from targets_api.progress.sums import PeriodKey, Sums, sums_of
from targets_api.remembering.kept import Kept
from targets_api.remembering.read import Read, on_collector, on_organisation, on_unit, one_by_one
from targets_api.remembering.schemas import UNTOLD

POINTS_OF_A_CHEAP_READ: Final = 60


class SeriesKey(NamedTuple):
    """What is asked for: `ProgressKey`, and how long a point is."""

    code: str
    scheme: Scheme
    start: date
    on: date
    own_of: str | None
    by: By


def _is_costly(key: SeriesKey, _: Kept) -> bool:
    return len(list(points_of(Days(key.start, key.on), key.by))) > POINTS_OF_A_CHEAP_READ


async def _read(
    kind: RegistryKind, answer: type[BaseModel], session: ReadSession, key: SeriesKey, _: date
) -> BaseModel | None:
    owner = await owner_of(session, kind, key.code, key.own_of)
    if owner is None:
        return None
    days = list(points_of(Days(key.start, key.on), key.by))
    sums = await sums_of(session, kind, [PeriodKey(owner.code, key.scheme, *each) for each in days])
    said: dict[str, Any] = {"scheme": key.scheme, "start": key.start, "on": key.on, "by": key.by, **UNTOLD}
    return answer.model_validate({**said, kind: owner, "points": _points(days, sums)})


UNIT: Final = Read(
    "unit", one_by_one(partial(_read, "unit", UnitSeries)), lambda key: on_unit(key.code, key.scheme), _is_costly
)
ORGANISATION: Final = Read(
    "organisation",
    one_by_one(partial(_read, "organisation", OrganisationSeries)),
    lambda key: on_organisation(key.code, key.scheme),
    _is_costly,
)
COLLECTOR: Final = Read(
    "collector",
    one_by_one(partial(_read, "collector", CollectorSeries)),
    lambda key: on_collector(key.code, key.scheme),
    _is_costly,
)


def _points(days: Sequence[Days], sums: Sequence[Sums]) -> list[Point]:
    counts = [counts_of(each) for each in sums]
    net, paid = (accumulate([each[name] for each in counts]) for name in ("net", "contributions"))
    return [
        Point(starts_on=each.starts_on, ends_on=each.ends_on, cumulative=n, cumulative_contributions=vnd, **count)
        for each, count, n, vnd in zip(days, counts, net, paid, strict=True)
    ]
