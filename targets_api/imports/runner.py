"""Takes the rows of a file: what is planned for them is done in pages, each a unit of work of its own, so that sign-ups
are counted in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from uuid import UUID

from services.context import Context
from services.errors import DomainError
from services.persistence.database import Database
from targets_api.domain.revision import Change
from targets_api.domain.target import Target
from targets_api.imports.plans import OfAll, Planned, Result, pages, plan
from targets_api.imports.rows import ReadRow
from targets_api.targets.usecases import SetTarget, change_targets, set_each

_Act: TypeAlias = Callable[[Database, Context, Sequence[Planned]], Awaitable[list[Planned]]]
_AT_ONCE: Final = 50
"""How many targets are set or revised while counting waits."""


async def try_rows(database: Database, context: Context, rows: Sequence[ReadRow], of_all: OfAll) -> list[Planned]:
    """What `take_rows` would do, as targets stand now."""
    async with database.read() as session:
        return await plan(session, rows, of_all, context.today)


async def take_rows(
    database: Database, context: Context, rows: Sequence[ReadRow], of_all: OfAll, has_time: Callable[[], bool]
) -> list[Planned]:
    """Set and revise what the rows ask for, and say what became of each: those that are not reached in time are left,
    but for the first page. Where a page fails for a fault of the server, those before it are kept."""
    done = {each.line: each for each in await try_rows(database, context, rows, of_all)}
    for place, (act, page) in enumerate(_pages(list(done.values()))):
        is_reached = place == 0 or has_time()
        acted = await act(database, context, page) if is_reached else [replace(each, result="left") for each in page]
        done |= {each.line: each for each in acted}
    return list(done.values())


def _pages(planned: Sequence[Planned]) -> Iterator[tuple[_Act, Sequence[Planned]]]:
    acts: Mapping[Result, _Act] = {"set": _set, "revised": _revise}
    for result, act in acts.items():
        for page in pages([each for each in planned if each.result == result], _AT_ONCE):
            yield act, page


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
