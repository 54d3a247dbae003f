"""Reads of participants."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlmodel import col, select

from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.people import ParticipantRow
from services.errors import Unavailable
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.runtime import AnyRuntime, Check


class Sealed(NamedTuple):
    """What is stored of a participant."""

    sealed: bytes


NEWEST: Final = Query(Sealed, select(col(ParticipantRow.sealed)).order_by(col(ParticipantRow.id).desc()).limit(1))


async def verify_keys(session: ReadSession, keys: PeopleKeys) -> None:
    """Raises Unavailable where the participants were sealed with keys that this process does not have: it would take
    everybody for new, and cover them twice."""
    newest = await session.first(NEWEST)
    if newest and not keys.has_key_of(newest.sealed):
        raise Unavailable(
            "personal data was sealed with a key that is not among DRIVE_SECRET_KEYS of this process: put it there"
        )
    keys.are_verified = newest is not None


def keys_check(runtime: AnyRuntime, keys: PeopleKeys) -> Check:
    """Whether this process finds the people of its database."""

    async def check() -> None:
        async with runtime.database.read() as session:
            await verify_keys(session, keys)

    return check
