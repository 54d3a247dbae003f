"""Delete the notes of entries that were taken out of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, delete

from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, table_of
from targets_api.tables.attainment import RecountRow

_recounts = table_of(RecountRow)
DELETE: Final = delete(_recounts).where(_recounts.c.id == among("ids", BigInteger()))


async def delete_recounts(work: UnitOfWork, ids: Sequence[int]) -> None:
    """These are done."""
    await work.execute(DELETE, {"ids": list(ids)})
