"""Statements that seal rows anew, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, LargeBinary, Table, Uuid, bindparam, delete, func, not_, select, update
from sqlalchemy.sql.dml import Update

from enrolment_api.people import store as people
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.cases import IdentityCaseRow
from enrolment_api.tables.enrolments import EnrolmentRow
from enrolment_api.tables.people import ParticipantIndexRow, ParticipantRow
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.persistence.unnest import among, table_of, unnest


class SealedRow(NamedTuple):
    """A row that was sealed with another key than the first."""

    id: UUID
    sealed: bytes


class Older(NamedTuple):
    """How many rows there are of that kind."""

    participants: int
    sign_ups: int
    cases: int


_p, _e, _i = table_of(ParticipantRow), table_of(EnrolmentRow), table_of(ParticipantIndexRow)
_c = table_of(IdentityCaseRow)
_limit: Final = bindparam("limit", type_=Integer)


def _is_older(table: Table) -> ColumnElement[bool]:
    prefix = bindparam("prefix", type_=LargeBinary)
    return func.substr(table.c.sealed, 1, func.octet_length(prefix)) != prefix


def _page_of(table: Table) -> Query[SealedRow]:
    return Query(
        SealedRow,
        select(table.c.id, table.c.sealed)
        .where(table.c.id > bindparam("after", type_=Uuid), _is_older(table))
        .order_by(table.c.id)
        .limit(_limit)
        .with_for_update(key_share=True),
    )


def _reseal(table: Table) -> Update:
    new = unnest("new", ids=Uuid(), resealed=LargeBinary())
    return update(table).values(sealed=new.c.resealed).where(table.c.id == new.c.ids)


PARTICIPANTS: Final = _page_of(_p)
SIGN_UPS: Final = _page_of(_e)
CASES: Final = _page_of(_c)
RESEAL_PARTICIPANTS: Final = _reseal(_p)
RESEAL_SIGN_UPS: Final = _reseal(_e)
RESEAL_CASES: Final = _reseal(_c)
OLDER: Final = Query(
    Older,
    select(
        select(func.count()).select_from(_p).where(_is_older(_p)).scalar_subquery().label("participants"),
        select(func.count()).select_from(_e).where(_is_older(_e)).scalar_subquery().label("sign_ups"),
        select(func.count()).select_from(_c).where(_is_older(_c)).scalar_subquery().label("cases"),
    ),
)
REMOVE_INDEXES: Final = delete(_i).where(
    _i.c.blind_index.in_(
        select(_i.c.blind_index).where(not_(_i.c.key_id == among("key_ids", LargeBinary()))).limit(_limit)
    )
)


async def reseal_participants(work: UnitOfWork, keys: PeopleKeys, after: UUID, limit: int) -> list[UUID]:
    """Seal the next participants with the first key, and index them under every present one; returns which.

    Raises SecretLost.
    """
    rows = await work.all(PARTICIPANTS, {"after": after, "prefix": keys.prefix, "limit": limit})
    opened = {row.id: keys.open_participant(row.id, row.sealed) for row in rows}
    await people.index(work, keys, {participant_id: person.personal_id for participant_id, person in opened.items()})
    return await _save(work, RESEAL_PARTICIPANTS, rows, lambda row: keys.seal_participant(row.id, opened[row.id]))


async def reseal_sign_ups(work: UnitOfWork, keys: PeopleKeys, after: UUID, limit: int) -> list[UUID]:
    """Seal the people of the next sign-ups with the first key; returns of which. Raises SecretLost."""
    rows = await work.all(SIGN_UPS, {"after": after, "prefix": keys.prefix, "limit": limit})
    return await _save(
        work, RESEAL_SIGN_UPS, rows, lambda row: keys.seal_sign_up(row.id, *keys.open_sign_up(row.id, row.sealed))
    )


async def reseal_cases(work: UnitOfWork, keys: PeopleKeys, after: UUID, limit: int) -> list[UUID]:
    """Seal the claims of the next cases of identity with the first key; returns of which. Raises SecretLost."""
    rows = await work.all(CASES, {"after": after, "prefix": keys.prefix, "limit": limit})
    return await _save(
        work, RESEAL_CASES, rows, lambda row: keys.seal_claim(row.id, keys.open_claim(row.id, row.sealed))
    )


async def _save(
    work: UnitOfWork, statement: Update, rows: Sequence[SealedRow], seal: Callable[[SealedRow], bytes]
) -> list[UUID]:
    ids = [row.id for row in rows]
    if rows:
        await work.execute(statement, {"ids": ids, "resealed": [seal(row) for row in rows]})
    return ids


async def remove_indexes(work: UnitOfWork, keys: PeopleKeys, limit: int) -> int:
    """Remove indexes under keys that are not present; returns how many, `limit` at most."""
    result = await work.execute(REMOVE_INDEXES, {"key_ids": list(keys.index_key_ids), "limit": limit})
    return int(result.rowcount)  # type: ignore[attr-defined]


async def count_older(session: ReadSession, keys: PeopleKeys) -> Older:
    """How many rows were sealed with another key than the first."""
    return await session.one(OLDER, {"prefix": keys.prefix})
