"""Reads of cases, for the agency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, bindparam, func, select
from sqlmodel import col

from enrolment_api.cases.rows import case_of
from enrolment_api.domain.identity import Case, CaseStatus
from enrolment_api.domain.sign_up import Participant
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.cases import IdentityCaseRow
from enrolment_api.tables.people import ParticipantRow
from services.errors import NotFound
from services.persistence.filters import Conditions, where_given
from services.persistence.unit_of_work import ReadSession

_c = IdentityCaseRow
_CASES: Final = cast("Select[Any]", select(IdentityCaseRow, col(ParticipantRow.sealed).label("known")))
IN_ORDER: Final = _CASES.join(ParticipantRow, col(ParticipantRow.id) == col(_c.participant_id)).order_by(col(_c.id))
ONE: Final = IN_ORDER.where(col(_c.id) == bindparam("case_id", type_=Uuid))
CONDITIONS: Final[Conditions] = {
    "status": lambda status: col(_c.status) == status,
    "organisation_code": lambda code: func.upper(col(_c.organisation_code)) == code.upper(),
    "collector_code": lambda code: func.upper(col(_c.collector_code)) == code.upper(),
    "after": lambda case_id: col(_c.id) > case_id,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cases; None leaves a condition open. `after` is the id of the last one seen."""

    status: CaseStatus | None = None
    organisation_code: str | None = None
    collector_code: str | None = None
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class CaseDecision:
    """The newest decision on a case."""

    at: datetime
    organisation_code: str
    subject: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case with who is known for the personal ID now, and how it was decided."""

    case: Case
    known: Participant
    decision: CaseDecision | None


async def list_cases(session: ReadSession, filters: Filters, limit: int, keys: PeopleKeys) -> Sequence[FoundCase]:
    """Cases in the order in which they were opened, at most `limit`."""
    rows = await session.execute(where_given(IN_ORDER, CONDITIONS, filters).limit(limit))
    return [_found(row, keys) for row in rows]


async def find_case(session: ReadSession, case_id: UUID, keys: PeopleKeys) -> FoundCase:
    """One case. Raises NotFound."""
    row = (await session.execute(ONE, {"case_id": case_id})).first()
    if row is None:
        raise NotFound(f"there is no case {case_id}")
    return _found(row, keys)


def _found(columns: Row[Any], keys: PeopleKeys) -> FoundCase:
    row: IdentityCaseRow = columns.IdentityCaseRow
    known = keys.open_participant(row.participant_id, columns.known)
    decision = None
    if row.decided_at is not None:
        decision = CaseDecision(row.decided_at, row.decided_by or "", row.decided_subject or "", row.reason)
    return FoundCase(case_of(row, keys), known, decision)
