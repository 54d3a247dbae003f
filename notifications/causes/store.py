"""Statements that write causes."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from notifications.tables.causes import CauseRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import table_of

_TABLE = table_of(CauseRow)
INSERT: Final = insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.code)
FOR_UPDATE: Final = select(CauseRow).where(col(CauseRow.code) == bindparam("cause_code")).with_for_update()


async def insert_new(work: UnitOfWork, row: CauseRow) -> bool:
    """Insert the cause; whether there was none of its code."""
    return (await work.execute(INSERT, row.model_dump())).first() is not None


async def one_for_change(work: UnitOfWork, code: str) -> CauseRow:
    """The cause, locked. There is no way to remove one."""
    row: CauseRow = (await work.scalars(FOR_UPDATE, {"cause_code": code})).one()
    return row
