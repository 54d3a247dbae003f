"""The frame of a unit's coverage: the parts that it is made of, and the communes that none of their baselines counts.

It depends on trees and baselines alone, and takes most of the time of a province: so it is kept from run to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Boolean, Date, Integer, Text, bindparam, cast, column, func, select, table, true
from sqlalchemy.types import UserDefinedType

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import columns_of, unnest
from services.persistence.versions import CHANGE_LOG, EVERYTHING
from services.vocabulary import Scheme
from targets_api.progress.coverage import counted_parts, without_baseline
from targets_api.progress.target_figures import KEYS
from targets_api.remembering.kept import Kept

MOST_SIZE: Final = 200_000
"""Frames are kept until they have so many parts and codes together. Each counts as one more: those of unknown codes are
kept, too, and have none."""


class _Key(NamedTuple):
    """Of which unit, scheme and day."""

    code: str
    scheme: Scheme
    on: date


class Part(NamedTuple):
    """A part of the unit, with what its latest baseline counted, and the days since. `place` is that of the key."""

    place: int
    code: str
    scheme: Scheme
    since: date
    until: date
    population: int
    covered: int
    is_apart: bool


class Uncounted(NamedTuple):
    """The communes that no baseline counts."""

    place: int
    codes: list[str]


class Frame(NamedTuple):
    """What a unit's coverage is made of."""

    parts: Sequence[Part]
    without_baseline: list[str]


class _Snapshot(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "pg_snapshot"


_log = table(CHANGE_LOG, column("kind"), column("xid"))
_seen = cast(bindparam("seen", type_=Text), _Snapshot())
_counted, _uncounted = counted_parts(KEYS), without_baseline(KEYS)
PARTS: Final = Query(Part, select(*(_counted.c[name] for name in Part._fields)))
UNCOUNTED: Final = Query(Uncounted, select(KEYS.c.place, _uncounted.c.codes).select_from(KEYS.join(_uncounted, true())))
_given = unnest(
    "given",
    part_place=Integer(),
    part_code=Text(),
    part_scheme=Text(),
    part_since=Date(),
    part_until=Date(),
    part_population=BigInteger(),
    part_covered=BigInteger(),
    part_is_apart=Boolean(),
)
GIVEN: Final = (
    select(*(_given.c[f"part_{name}"].label(name) for name in Part._fields))
    .cte("counted")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)
"""The parts of many keys, as `columns_of_parts` has them."""
OUTDATED: Final = (
    select(_log.c.kind)
    .where(_log.c.kind == EVERYTHING.kind, _log.c.xid >= func.pg_snapshot_xmin(_seen))
    .where(~func.pg_visible_in_snapshot(_log.c.xid, _seen))
    .exists()
)
"""Whether frames that were right at the snapshot `seen` may be wrong by now."""


async def frames_of(session: ReadSession, kept: Kept, asked: Iterable[tuple[str, Scheme, date]]) -> list[Frame]:
    """The frame for each unit, scheme and day."""
    keys = [_Key(*each) for each in asked]
    frames: dict[_Key, Frame] = {key: kept.values[key] for key in keys if key in kept.values}
    missing = [key for key in dict.fromkeys(keys) if key not in frames]
    if missing:
        read = dict(zip(missing, await _read(session, missing), strict=True))
        _keep(kept, read)
        frames |= read
    return [frames[key] for key in keys]


def _keep(kept: Kept, frames: Mapping[_Key, Frame]) -> None:
    """Other runs may keep theirs, or clear all, while one is read."""
    if kept.size > MOST_SIZE:
        kept.values.clear()
        kept.size = 0
    kept.values.update(frames.items())
    kept.size += sum(1 + len(frame.parts) + len(frame.without_baseline) for frame in frames.values())
    kept.widths.update({key.code: len(frame.parts) for key, frame in frames.items() if len(frame.parts) > 1})


async def _read(session: ReadSession, keys: Sequence[_Key]) -> list[Frame]:
    columns = columns_of((key._asdict() for key in keys), "code", "scheme", "on")
    columns["start"] = columns["on"]
    parts: dict[int, list[Part]] = {}
    for part in await session.all(PARTS, columns):
        parts.setdefault(part.place, []).append(part)
    uncounted = {found.place: found.codes for found in await session.all(UNCOUNTED, columns)}
    return [Frame(parts.get(place, ()), uncounted.get(place, [])) for place in range(1, len(keys) + 1)]


def columns_of_parts(frames: Sequence[Frame]) -> dict[str, list[Any]]:
    """The parameters of GIVEN, with the places of the frames."""
    parts = [part._replace(place=place) for place, frame in enumerate(frames, start=1) for part in frame.parts]
    return {f"part_{name}": [part[at] for part in parts] for at, name in enumerate(Part._fields)}
