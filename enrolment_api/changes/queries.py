"""Reads of the history of a sign-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam
from sqlmodel import col, select

from enrolment_api.tables.enrolments import EnrolmentChangeRow
from services.persistence.unit_of_work import ReadSession

CHANGES: Final = (
    select(EnrolmentChangeRow)
    .where(col(EnrolmentChangeRow.enrolment_id) == bindparam("enrolment_id", type_=Uuid))
    .order_by(col(EnrolmentChangeRow.version))
)


async def changes_of(session: ReadSession, enrolment_id: UUID) -> Sequence[EnrolmentChangeRow]:
    """What has happened to it since it was recorded, in order."""
    return list(await session.scalars(CHANGES, {"enrolment_id": enrolment_id}))
