"""Targets that are not as a recount would make them."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, or_, select, union_all

from services.persistence.statements import Query
from services.persistence.unnest import among, table_of
from targets_api.attainment.measured import PARTS, Measured, Part, measuring
from targets_api.tables.attainment import AttainmentRow, TargetPartRow


class WrongAttainment(NamedTuple):
    """A target that is not as a recount would make it. Where the two counts are the same, something else differs."""

    target_id: UUID
    kept: int
    counted: int


_p, _parts = table_of(AttainmentRow), table_of(TargetPartRow)
_new = measuring(folded=False).subquery("new")
_kept_parts = select(*(_parts.c[name] for name in Part._fields)).where(_parts.c.target_id == among("ids", Uuid()))
_wrong_parts = union_all(PARTS.except_all(_kept_parts), _kept_parts.except_all(PARTS)).subquery("wrong_parts")
WRONG: Final = Query(
    WrongAttainment,
    select(_p.c.target_id, _p.c.achieved.label("kept"), _new.c.achieved.label("counted"))
    .join_from(_p, _new, _new.c.target_id == _p.c.target_id)
    .where(
        or_(
            *(_p.c[name].is_distinct_from(_new.c[name]) for name in Measured._fields),
            _p.c.target_id.in_(select(_wrong_parts.c.target_id)),
        )
    )
    .order_by(_p.c.target_id),
)
"""The targets that a recount would change."""
