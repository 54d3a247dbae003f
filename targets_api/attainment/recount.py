"""Count targets anew from the tallies, beside the counting: when they are set, their baselines change, or units move.

What is folded is summed up while counting goes on: under `lock_rollups` it stays the same. Then, under `lock_counting`,
the rows are written, and what is not folded is counted for them as a batch would be: some hundred deltas, whatever the
history. Rows of targets that were just set are nobody else's: they are written at once, and catch up in the end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Text, Uuid, delete, select, update

from services.pages import pages
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, insert_many, table_of, unnest
from targets_api.attainment.candidates import candidates_among
from targets_api.attainment.counted import is_stock
from targets_api.attainment.measured import MEASURED, Measured, Part
from targets_api.attainment.store import advance, lock_counting, lock_rollups
from targets_api.attainment.unfolded import unfolded
from targets_api.domain.counting import Advance, advances_of
from targets_api.domain.tally import Counts
from targets_api.tables.attainment import AttainmentRow, TargetPartRow
from targets_api.tables.targets import TargetRow

_p = table_of(AttainmentRow)
_VALUES: Final = tuple(name for name in Measured._fields if name != "target_id")
_m = unnest("m", ids=Uuid(), **{f"new_{name}": _p.c[name].type for name in _VALUES})
LOCK_MEASURED: Final = Query(
    Measured,
    select(*(_p.c[name] for name in Measured._fields))
    .where(_p.c.target_id == among("ids", Uuid()))
    .order_by(_p.c.target_id)
    .with_for_update(),
)
PUT: Final = update(_p).where(_p.c.target_id == _m.c.ids).values({name: _m.c[f"new_{name}"] for name in _VALUES})
_parts = table_of(TargetPartRow)
STANDING_PARTS: Final = Query(
    Part, select(*(_parts.c[name] for name in Part._fields)).where(_parts.c.target_id == among("ids", Uuid()))
)
_gone = unnest("gone", target_ids=Uuid(), unit_codes=Text())
FORGET_PARTS: Final = delete(_parts).where(
    _parts.c.target_id == _gone.c.target_ids, _parts.c.unit_code == _gone.c.unit_codes
)
_part = insert_many(TargetPartRow, *Part._fields)
PUT_PARTS: Final = _part.on_conflict_do_update(
    index_elements=["target_id", "unit_code"],
    set_={name: _part.excluded[name] for name in ("count_from", "start_from")},
)
_t = table_of(TargetRow)
STOCKS: Final = select(_t.c.id).where(_t.c.id == among("ids", Uuid()), is_stock(_t))
STOCKS_PER_STATEMENT: Final = 10
"""A stock of a province has some hundred parts, and takes up to a third of a second."""
OTHERS_PER_STATEMENT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """What targets have reached by what is folded; which of their parts are new or changed, and which are gone."""

    measured: Sequence[Measured] = ()
    changed: Collection[Part] = ()
    gone: Collection[Part] = ()

    @property
    def ids(self) -> list[UUID]:
        """Of the targets, in their order."""
        return [each.target_id for each in self.measured]


async def prepare(work: UnitOfWork, target_ids: Sequence[UUID]) -> Prepared:
    """Count them as far as it is folded. Needs `lock_rollups`; nothing is written."""
    if not target_ids:
        return Prepared()
    stocks = set(await work.scalars(STOCKS, {"ids": list(target_ids)}))
    together = [
        *pages([each for each in target_ids if each in stocks], STOCKS_PER_STATEMENT),
        *pages([each for each in target_ids if each not in stocks], OTHERS_PER_STATEMENT),
    ]
    found = [each for page in together for each in await work.all(MEASURED, {"ids": page})]
    standing = set(await work.all(STANDING_PARTS, {"ids": list(target_ids)}))
    parts = {part for each in found for part in each.parts}
    kept = {(part.target_id, part.unit_code) for part in parts}
    gone = [part for part in standing if (part.target_id, part.unit_code) not in kept]
    return Prepared([each.measured for each in found], sorted(parts - standing), gone)


async def save_prepared(work: UnitOfWork, prepared: Prepared) -> set[UUID]:
    """Write what was prepared, and count what is not folded yet; which targets differ by it from what they were.

    Needs `lock_counting`.
    """
    if not prepared.measured:
        return set()
    before = await work.all(LOCK_MEASURED, {"ids": prepared.ids})
    await put(work, prepared)
    advances, _ = await catch_up(work, prepared.ids, {})
    after = {_advanced(each, advances.get(each.target_id)) for each in prepared.measured}
    return {each.target_id for each in after.difference(before)}


async def put(work: UnitOfWork, prepared: Prepared) -> None:
    """Write what was prepared."""
    if not prepared.measured:
        return
    values = zip(Measured._fields, zip(*prepared.measured, strict=True), strict=True)
    columns = {f"new_{name}": list(column) for name, column in values}
    await work.execute(PUT, {**columns, "ids": columns.pop("new_target_id")})
    if prepared.gone:
        gone = {
            "target_ids": [part.target_id for part in prepared.gone],
            "unit_codes": [part.unit_code for part in prepared.gone],
        }
        await work.execute(FORGET_PARTS, gone)
    if prepared.changed:
        parts = {name: [getattr(part, name) for part in prepared.changed] for name in Part._fields}
        await work.execute(PUT_PARTS, parts)


async def catch_up(
    work: UnitOfWork, target_ids: Collection[UUID], counted: Counts
) -> tuple[Mapping[UUID, Advance], Counts]:
    """Count for the targets what is not folded yet, but for what was `counted` of it already; which of them advanced,
    and what is counted now."""
    batch = await unfolded(work)
    new = batch.less(counted)
    if not new.counts or not target_ids:
        return {}, batch.counts
    organisations = frozenset().union(*new.above.values())
    targets = await candidates_among(work, target_ids, new.counts.keys(), organisations)
    advances = advances_of(new.counts, targets, new.above)
    if advances:
        await advance(work, advances)
    return advances, batch.counts


async def recount(work: UnitOfWork, target_ids: Sequence[UUID]) -> set[UUID]:
    """Set the attainment of the targets to what the tallies and baselines say now; which of them differ by it."""
    await lock_rollups(work)
    prepared = await prepare(work, target_ids)
    await lock_counting(work)
    return await save_prepared(work, prepared)


def _advanced(measured: Measured, advance: Advance | None) -> Measured:
    if advance is None:
        return measured
    achieved, covered_at_start = measured.achieved + advance.since, measured.covered_at_start + advance.early
    return measured._replace(achieved=achieved, covered_at_start=covered_at_start)
