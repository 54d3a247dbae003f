"""Put causes."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.causes import store
from notifications.tables.causes import CauseRow
from services.context import Context
from services.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NamedCause:
    """A cause as it is to be called."""

    code: str
    vi: str
    en: str


async def put_cause(work: UnitOfWork, _: Context, cause: NamedCause) -> bool:
    """Make the cause, or call it so; whether it is new."""
    row = CauseRow(code=cause.code, name_vi=cause.vi, name_en=cause.en)
    if await store.insert_new(work, row):
        return True
    existing = await store.one_for_change(work, cause.code)
    await work.add(existing.sqlmodel_update({"name_vi": cause.vi, "name_en": cause.en}))
    return False
