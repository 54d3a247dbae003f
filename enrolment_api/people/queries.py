"""Reads of participants."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import LargeBinary, exists, not_, or_
from sqlmodel import col, select

from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.people import ParticipantIndexRow, ParticipantRow
from services.errors import Unavailable
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among
from services.runtime import AnyRuntime, Check


class Sealed(NamedTuple):
    """What is stored of a participant."""

    sealed: bytes


class Indexed(NamedTuple):
    """Whether anybody may be found."""

    is_usable: bool


INDEXED: Final = Query(
    Indexed,
    select(
        or_(
            not_(exists().select_from(ParticipantIndexRow)),
            exists().where(col(ParticipantIndexRow.key_id) == among("key_ids", LargeBinary())),
        ).label("is_usable")
    ),
)
"""Read up to the first index of these keys: all of the table where there is none."""
NEWEST: Final = Query(Sealed, select(col(ParticipantRow.sealed)).order_by(col(ParticipantRow.id).desc()).limit(1))


async def verify_keys(session: ReadSession, keys: PeopleKeys) -> None:
    """Raises Unavailable where the participants were sealed with keys that this process does not have: it would take
    everybody for new, and cover them twice."""
    newest = await session.first(NEWEST)
    if newest and not keys.has_key_of(newest.sealed):
        raise _other_keys()
    keys.are_verified = newest is not None


async def verify_indexes(session: ReadSession, keys: PeopleKeys) -> None:
    """Raises Unavailable where people have indexes, and none under a key of this process. To be called where nobody was
    found: the keys may have been changed since they were verified, and the indexes under the old one removed."""
    if not (await session.one(INDEXED, {"key_ids": list(keys.index_key_ids)})).is_usable:
        keys.are_verified = False
        raise _other_keys()


def _other_keys() -> Unavailable:
    return Unavailable(
        "personal data was sealed with a key that is not among DRIVE_SECRET_KEYS of this process: put it there"
    )


def keys_check(runtime: AnyRuntime, keys: PeopleKeys) -> Check:
    """Whether this process finds the people of its database."""

    async def check() -> None:
        async with runtime.database.read() as session:
            await verify_keys(session, keys)

    return check
