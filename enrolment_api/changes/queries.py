"""Reads of the history of a sign-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam
from sqlmodel import col, select

from enrolment_api.changes.sql import CASES_OF_COLLECTORS, CollectorCases
from enrolment_api.tables.enrolments import EnrolmentChangeRow
from services.clock import beginning_of
from services.persistence.unit_of_work import ReadSession

CHANGES: Final = (
    select(EnrolmentChangeRow)
    .where(col(EnrolmentChangeRow.enrolment_id) == bindparam("enrolment_id", type_=Uuid))
    .order_by(col(EnrolmentChangeRow.version))
)


async def cases_of_collectors(session: ReadSession, first: date, last: date, limit: int) -> Sequence[CollectorCases]:
    """The collectors with the most cases of identity in these business days, both included, at most `limit`."""
    times = {"since": beginning_of(first), "until": beginning_of(last + timedelta(days=1))}
    return await session.all(CASES_OF_COLLECTORS, {**times, "first": first, "last": last, "limit": limit})


async def changes_of(session: ReadSession, enrolment_id: UUID) -> Sequence[EnrolmentChangeRow]:
    """What has happened to it since it was recorded, in order."""
    return list(await session.scalars(CHANGES, {"enrolment_id": enrolment_id}))
