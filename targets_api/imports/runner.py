"""Takes the rows of a file, some after the other: what is planned for some is done, before others are looked at, in
pages, each a unit of work of its own, so that sign-ups are counted in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final, TypeAlias
from uuid import UUID

from services.context import Context
from services.errors import DomainError
from services.pages import pages
from services.persistence.database import Database
from targets_api.domain.revision import Change
from targets_api.domain.target import Target
from targets_api.imports.plans import OfAll, Planned, Result, chunks_of, once, plan
from targets_api.imports.rows import ReadRow
from targets_api.targets.usecases import SetTarget, change_targets, set_each

HasTime: TypeAlias = Callable[[], bool]
_OfChunk: TypeAlias = Callable[[Sequence[ReadRow]], Awaitable[list[Planned]]]
_Act: TypeAlias = Callable[[Database, Context, Sequence[Planned]], Awaitable[list[Planned]]]
_AT_ONCE: Final = 50
"""How many targets are set or revised while counting waits."""


async def try_rows(
    database: Database, context: Context, rows: Sequence[ReadRow], of_all: OfAll, has_time: HasTime
) -> list[Planned]:
    """What `take_rows` would do, as targets stand now."""

    async def tried(chunk: Sequence[ReadRow]) -> list[Planned]:
        async with database.read() as session:
            return await plan(session, chunk, of_all, context.today)

    return await _each_chunk(database, rows, tried, has_time)


async def take_rows(
    database: Database, context: Context, rows: Sequence[ReadRow], of_all: OfAll, has_time: HasTime
) -> list[Planned]:
    """Set and revise what the rows ask for, and say what became of each: those that are not reached in time are left,
    but for the first page. Where a page fails for a fault of the server, those before it are kept."""
    is_first = iter([True])

    async def taken(chunk: Sequence[ReadRow]) -> list[Planned]:
        async with database.read() as session:
            planned = await plan(session, chunk, of_all, context.today)
        return await _done(database, context, planned, lambda: next(is_first, False) or has_time())

    return await _each_chunk(database, rows, taken, has_time)


async def _each_chunk(database: Database, rows: Sequence[ReadRow], act: _OfChunk, has_time: HasTime) -> list[Planned]:
    """What becomes of the rows, in their order; of a chunk that is not reached in time they are left."""
    async with database.read() as session:
        chunks = await chunks_of(session, once(rows))
    done = list[Planned]()
    for chunk in chunks:
        done += await act(chunk) if not done or has_time() else map(Planned.left, chunk)
    return sorted(done, key=attrgetter("line"))


async def _done(database: Database, context: Context, planned: Sequence[Planned], has_time: HasTime) -> list[Planned]:
    """Page by page, in their order: so what is left is the end of them."""
    acts: Mapping[Result, _Act] = {"set": _set, "revised": _revise}
    done = [each for each in planned if each.result not in acts]
    for page in pages([each for each in planned if each.result in acts], _AT_ONCE):
        if not has_time():
            done += [replace(each, result="left") for each in page]
            continue
        for result, act in acts.items():
            if some := [each for each in page if each.result == result]:
                done += await act(database, context, some)
    return done


async def _set(database: Database, context: Context, page: Sequence[Planned]) -> list[Planned]:
    async with database.write() as work:
        outcomes = await set_each(work, context, [each.target for each in page if each.target])
    return [_after_setting(each.line, outcome) for each, outcome in zip(page, outcomes, strict=True)]


def _after_setting(line: int, outcome: SetTarget | DomainError) -> Planned:
    if isinstance(outcome, DomainError):
        return Planned.refused(line, outcome)
    return Planned(line, "set" if outcome.is_new else "same", outcome.target)


async def _revise(database: Database, context: Context, page: Sequence[Planned]) -> list[Planned]:
    changes: dict[UUID, Change] = {each.target.id: each.revision for each in page if each.target and each.revision}
    async with database.write() as work:
        outcomes = await change_targets(work, context, changes)
    return [_after_revising(each, outcomes) for each in page]


def _after_revising(each: Planned, outcomes: Mapping[UUID, Target | DomainError]) -> Planned:
    outcome = outcomes.get(each.target.id) if each.target else None
    return Planned.refused(each.line, outcome) if isinstance(outcome, DomainError) else each
