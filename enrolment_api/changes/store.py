"""Statements that take part in changing sign-ups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, SmallInteger, Text, Uuid, and_, bindparam, exists, extract, or_, select, update
from sqlalchemy.exc import IntegrityError

from enrolment_api.domain.cover import AlreadyCovered
from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.domain.household import Membership
from enrolment_api.enrolments.rows import columns_of_enrolment, enrolment_of
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.enrolments import EnrolmentRow
from services.errors import Conflict, Unavailable
from services.persistence.connecting import constraint_of
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, table_of, unnest

_e = table_of(EnrolmentRow)
_organisation = bindparam("organisation", type_=Text)
LOCKED: Final = (
    select(EnrolmentRow)
    .where(_e.c.id == among("ids", Uuid()), or_(_organisation.is_(None), _e.c.organisation_code == _organisation))
    .order_by(_e.c.id)
    .with_for_update(key_share=True)
)
_moved = unnest("moved", ids=Uuid(), statuses=Text(), versions=Integer())
MOVE: Final = update(_e).values(status=_moved.c.statuses, version=_moved.c.versions).where(_e.c.id == _moved.c.ids)
_FACTS: Final = tuple(
    name
    for name in _e.columns.keys()  # noqa: SIM118 - iterated, it gives columns
    if name not in {"id", "organisation_code", "external_ref", "idempotency_key", "scheme", "recorded_at"}
)
REPLACE: Final = (
    update(_e)
    .values({name: bindparam(f"new_{name}", type_=_e.c[name].type) for name in _FACTS})
    .where(_e.c.id == bindparam("enrolment_id", type_=Uuid))
)
_participant = bindparam("participant", type_=Uuid)
_of_participants = and_(_e.c.participant_id == among("participants", Uuid()), _e.c.status != "cancelled")
INVOLVED: Final = (
    select(_e.c.id)
    .where(or_(_e.c.id == among("ids", Uuid()), _of_participants))
    .order_by(_e.c.id)
    .with_for_update(key_share=True)
)
OF_PARTICIPANTS: Final = (
    select(EnrolmentRow).where(_of_participants).order_by(_e.c.id).with_for_update(key_share=True, skip_locked=True)
)
"""Those that were locked before, and any that were recorded since; it waits for nobody."""
GIVE: Final = update(_e).values(participant_id=_participant).where(_e.c.id == among("ids", Uuid()))
OTHERS_HAVE: Final = select(
    exists().where(
        _e.c.participant_id == _participant,
        _e.c.status != "cancelled",
        _e.c.organisation_code != bindparam("organisation", type_=Text),
    )
)


_other = _e.alias("other")
HAND_OVER: Final = (
    update(_e)
    .values(joins_household=True)
    .where(
        _e.c.id
        == select(_other.c.id)
        .where(
            _other.c.participant_id == bindparam("left_participant_id", type_=Uuid),
            _other.c.organisation_code == _organisation,
            _other.c.household_code == bindparam("left_household_code", type_=Text),
            extract("year", _other.c.signed_on) == bindparam("left_year", type_=Integer),
            _other.c.member_no == bindparam("left_member_no", type_=SmallInteger),
            _other.c.status != "cancelled",
            _other.c.expected_member_no.is_(None),
        )
        .order_by(_other.c.recorded_at, _other.c.id)
        .limit(1)
        .scalar_subquery()
    )
)


async def lock(
    work: UnitOfWork, keys: PeopleKeys, ids: Collection[UUID], organisation_code: str | None
) -> dict[UUID, Enrolment]:
    """Those that exist, of that organisation where one is given, locked in the order of their ids."""
    rows = await work.scalars(LOCKED, {"ids": list(ids), "organisation": organisation_code})
    return {row.id: enrolment_of(row, keys) for row in rows}


async def move(work: UnitOfWork, enrolments: Sequence[Enrolment]) -> None:
    """Save status and version, where nothing else has changed."""
    columns = {"ids": [e.id for e in enrolments], "statuses": [e.status for e in enrolments]}
    await work.execute(MOVE, {**columns, "versions": [e.version for e in enrolments]})


async def replace(work: UnitOfWork, keys: PeopleKeys, enrolment: Enrolment, checksum: int) -> None:
    """Save the enrolment as it is now. Raises AlreadyCovered or Conflict where somebody else was faster."""
    values = columns_of_enrolment(enrolment, keys)
    new = {f"new_{name}": values[name] for name in _FACTS if name != "checksum"}
    try:
        await work.execute(REPLACE, {**new, "new_checksum": checksum, "enrolment_id": enrolment.id})
    except IntegrityError as error:
        raise _overtaken(error) from None  # the cause holds the row


async def lock_involved(work: UnitOfWork, ids: Collection[UUID], participants: Collection[UUID]) -> None:
    """Lock these sign-ups and all of these participants that were not cancelled, together in the order of their ids."""
    await work.execute(INVOLVED, {"ids": list(ids), "participants": list(participants)})


async def of_participants(work: UnitOfWork, keys: PeopleKeys, participants: Collection[UUID]) -> list[Enrolment]:
    """The sign-ups of these that were not cancelled, after `lock_involved`."""
    rows = await work.scalars(OF_PARTICIPANTS, {"participants": list(participants)})
    return [enrolment_of(row, keys) for row in rows]


async def give(work: UnitOfWork, ids: Sequence[UUID], participant_id: UUID) -> None:
    """Make these sign-ups those of another participant. Raises Unavailable where that one was signed up meanwhile."""
    try:
        await work.execute(GIVE, {"ids": list(ids), "participant": participant_id})
    except IntegrityError as error:
        if constraint_of(error) != "ex_enrolments_double_cover":
            raise
        detail = "another sign-up of the person was recorded at the same moment: send this again"
        raise Unavailable(detail) from None  # the cause holds the row


async def others_have(work: UnitOfWork, participant_id: UUID, organisation_code: str) -> bool:
    """Whether another organisation has signed the participant up, and has not cancelled that."""
    return bool(
        (await work.execute(OTHERS_HAVE, {"participant": participant_id, "organisation": organisation_code})).scalar()
    )


def _overtaken(error: IntegrityError) -> Exception:
    """IntegrityError itself, where no other sign-up can be the reason."""
    match constraint_of(error):
        case "ex_enrolments_double_cover":
            return AlreadyCovered()
        case "uq_enrolments_household_member":
            return Conflict("another sign-up of the household was recorded at the same moment: send this again")
    return error


async def hand_over(work: UnitOfWork, left: Membership) -> None:
    """The participant stays a member of the household by their earliest other sign-up of the year, if they have any:
    else the number would be free for somebody else while it is theirs."""
    household = left.household
    await work.execute(
        HAND_OVER,
        {
            "left_participant_id": left.participant_id,
            "organisation": household.organisation_code,
            "left_household_code": household.household_code,
            "left_year": household.year,
            "left_member_no": left.number,
        },
    )
