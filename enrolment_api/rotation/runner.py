"""The runner that seals everything anew with the first key, each page in a unit of work of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

import structlog

from enrolment_api.people.keys import PeopleKeys
from enrolment_api.rotation import store
from services.ids import FIRST_ID
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

PAGE_ROWS: Final = 500
"""Few enough that a sign-up which is corrected meanwhile waits for some 50 ms at most."""

ResealPage: TypeAlias = Callable[[UnitOfWork, PeopleKeys, UUID, int], Awaitable[list[UUID]]]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was sealed anew, and which indexes were removed, since no present key made them.

    `left` rows were sealed with an older key meanwhile: by a process that has another first key.
    """

    participants: int
    sign_ups: int
    indexes_removed: int
    left: int
    cases: int = 0


async def rotate(database: Database, keys: PeopleKeys, page_rows: int = PAGE_ROWS) -> Rotated:
    """Seal participants, sign-ups and claims of cases with the first key. It may be stopped, and run again: what is
    done stays done.

    Raises SecretLost where a row was sealed with a key that is not present; then no index was removed. Raises
    Unavailable where the database is away.
    """
    participants = await _reseal(database, keys, store.reseal_participants, page_rows)
    sign_ups = await _reseal(database, keys, store.reseal_sign_ups, page_rows)
    cases = await _reseal(database, keys, store.reseal_cases, page_rows)
    async with database.read() as session:
        older = await store.count_older(session, keys)
    left = older.participants + older.sign_ups + older.cases
    removed = 0 if left else await _remove_indexes(database, keys, page_rows)
    return Rotated(participants, sign_ups, removed, left, cases)


async def _reseal(database: Database, keys: PeopleKeys, reseal_page: ResealPage, page_rows: int) -> int:
    after, done = FIRST_ID, 0
    while True:
        async with database.write() as work:
            page = await reseal_page(work, keys, after, page_rows)
        if not page:
            return done
        after, done = page[-1], done + len(page)
        log.info("sealed_anew", what=reseal_page.__name__.removeprefix("reseal_"), rows=done)


async def _remove_indexes(database: Database, keys: PeopleKeys, page_rows: int) -> int:
    removed = 0
    while True:
        async with database.write() as work:
            page = await store.remove_indexes(work, keys, page_rows)
        if not page:
            return removed
        removed += page
