"""Statements that open cases, and change them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, bindparam, select, update

from enrolment_api.cases.rows import case_of, row_of
from enrolment_api.domain.identity import LIMITED_OVER, Case, Claim
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.cases import IdentityCaseRow
from services.context import Context
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, table_of


class Opened(NamedTuple):
    """When an organisation has opened a case."""

    organisation_code: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class LockedCases:
    """Cases that are to be decided, by id; and by the participant whose personal ID it is, those without an index to
    whom sign-ups were given by earlier decisions."""

    cases: dict[UUID, Case]
    given: dict[UUID, set[UUID]] = field(default_factory=dict)


_c = table_of(IdentityCaseRow)
OF_PARTICIPANTS: Final = select(IdentityCaseRow).where(
    _c.c.participant_id == among("participants", Uuid()), _c.c.organisation_code == among("organisations", Text())
)
OPENED_SINCE: Final = Query(
    Opened,
    select(_c.c.organisation_code, _c.c.opened_at).where(
        _c.c.organisation_code == among("organisations", Text()),
        _c.c.opened_at > bindparam("since", type_=DateTime(timezone=True)),
    ),
)
_asked = _c.alias("asked")
LOCKED: Final = (
    select(IdentityCaseRow)
    .where(_c.c.participant_id.in_(select(_asked.c.participant_id).where(_asked.c.id == among("ids", Uuid()))))
    .order_by(_c.c.id)
    .with_for_update(key_share=True, of=_c)
)
DECIDE: Final = (
    update(_c)
    .where(_c.c.id == bindparam("case_id", type_=Uuid))
    .values(
        status=bindparam("new_status", type_=Text),
        version=bindparam("new_version", type_=Integer),
        decided_at=bindparam("at", type_=DateTime(timezone=True)),
        decided_by=bindparam("by", type_=Text),
        decided_subject=bindparam("by_subject", type_=Text),
        reason=bindparam("why", type_=Text),
        given_to=bindparam("given", type_=ARRAY(Uuid)),
    )
)


async def of_claims(work: UnitOfWork, keys: PeopleKeys, claims: Sequence[Claim]) -> list[Case]:
    """The cases of these people and organisations, oldest first."""
    wanted = {
        "participants": list({claim.participant_id for claim in claims}),
        "organisations": list({claim.organisation_code for claim in claims}),
    }
    rows = await work.scalars(OF_PARTICIPANTS, wanted)
    return sorted((case_of(row, keys) for row in rows), key=lambda case: case.id)


async def opened(work: UnitOfWork, organisations: Iterable[str], now: datetime) -> dict[str, list[datetime]]:
    """When each of these has opened its cases, as far as that limits how many more it may."""
    found: dict[str, list[datetime]] = {code: [] for code in organisations}
    for each in await work.all(OPENED_SINCE, {"organisations": list(found), "since": now - LIMITED_OVER}):
        found[each.organisation_code].append(each.opened_at)
    return found


async def insert(work: UnitOfWork, keys: PeopleKeys, cases: Sequence[Case]) -> None:
    """Add new cases."""
    await work.add(*(row_of(case, keys) for case in cases))


async def lock(work: UnitOfWork, keys: PeopleKeys, ids: Collection[UUID]) -> LockedCases:
    """Those of these ids that are cases, locked in the order of their ids with all others of the same people: so two
    who decide on one person do so one after the other."""
    rows = (await work.scalars(LOCKED, {"ids": list(ids)})).all()
    locked = LockedCases({row.id: case_of(row, keys) for row in rows if row.id in ids})
    for row in rows:
        locked.given.setdefault(row.participant_id, set()).update(row.given_to)
    return locked


async def save_decision(
    work: UnitOfWork, case: Case, context: Context, reason: str | None, given_to: Collection[UUID]
) -> None:
    """What the actor of the context has decided, and to which participants sign-ups were given by it."""
    actor = context.actor
    values = {"case_id": case.id, "new_status": case.status, "new_version": case.version, "at": context.at}
    by = {"by": context.organisation(), "by_subject": actor.subject if actor else "", "why": reason}
    await work.execute(DECIDE, values | by | {"given": list(given_to)})
