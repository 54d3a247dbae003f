"""What is to become of the rows of a file, as targets stand: decided by reads alone, for a dry run and for the real one
alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, TypeAlias, TypeVar

from services.errors import DomainError, Invalid
from services.persistence.unit_of_work import ReadSession
from targets_api.domain.revision import Revision, revised
from targets_api.domain.target import Target, differs_as_part, identity_of
from targets_api.imports.rows import Asked, ReadRow
from targets_api.targets.checks import as_registered, errors_of_new
from targets_api.targets.parents import parents_of
from targets_api.targets.queries import targets_of_ids
from targets_api.targets.store import same_targets

T = TypeVar("T")
Result: TypeAlias = Literal["set", "revised", "same", "refused", "left"]
"""`left`: it could be set or revised, and was not reached in time."""
_PAGE: Final = 500
"""How many rows a statement takes."""
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class OfAll:
    """What rows without a day or a reason of their own are revised by; a day before the start of a period is that."""

    holds_from: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of a row: the target that is set, that is there already, or whose value is revised by `revision`; or
    why it is refused."""

    line: int
    result: Result
    target: Target | None = None
    revision: Revision | None = None
    refusal: DomainError | None = None

    @classmethod
    def refused(cls, line: int, refusal: DomainError) -> Planned:
        """For that reason."""
        return cls(line, "refused", refusal=refusal)


async def plan(session: ReadSession, rows: Sequence[ReadRow], of_all: OfAll, today: date) -> list[Planned]:
    """What is to become of each of the rows, in their order."""
    registered = [row for page in pages(rows, _PAGE) for row in await _registered(session, page)]
    once = _once(registered)
    return [each for page in pages(once, _PAGE) for each in await _planned(session, page, of_all, today)]


def pages(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The rows, at most `size` at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


async def _registered(session: ReadSession, rows: Sequence[ReadRow]) -> list[ReadRow]:
    """With the codes as they are registered."""
    asked = [(row, row.asked) for row in rows if isinstance(row.asked, Asked)]
    found = await as_registered(session, [each.target for _, each in asked])
    outcomes = {
        row.line: ReadRow(row.line, replace(each, target=target) if isinstance(target, Target) else target)
        for (row, each), target in zip(asked, found, strict=True)
    }
    return [outcomes.get(row.line, row) for row in rows]


def _once(rows: Sequence[ReadRow]) -> list[ReadRow]:
    """Rows that are of one target are refused, all of them: which one is right does not follow from their order."""
    lines: dict[object, list[int]] = {}
    for row in rows:
        if isinstance(row.asked, Asked):
            lines.setdefault(identity_of(row.asked.target), []).append(row.line)
    return [_unless_repeated(row, lines) for row in rows]


def _unless_repeated(row: ReadRow, lines: dict[object, list[int]]) -> ReadRow:
    if not isinstance(row.asked, Asked) or len(found := lines[identity_of(row.asked.target)]) == 1:
        return row
    named = ", ".join(map(str, found[:_NAMED])) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
    return ReadRow(row.line, Invalid.field("", f"lines {named} are of the same target: leave one of them"))


async def _planned(session: ReadSession, rows: Sequence[ReadRow], of_all: OfAll, today: date) -> list[Planned]:
    wanted = [row.asked.target for row in rows if isinstance(row.asked, Asked)]
    standing = {identity_of(target): target for target in await same_targets(session, wanted)}
    new = [target for target in wanted if identity_of(target) not in standing]
    refused = await errors_of_new(session, new, await targets_of_ids(session, parents_of(new)))
    planned = list[Planned]()
    for row in rows:
        if isinstance(row.asked, DomainError):
            planned.append(Planned.refused(row.line, row.asked))
        else:
            found = standing.get(identity_of(row.asked.target))
            planned.append(_one(row.line, row.asked, found, refused.get(row.asked.target.id), of_all, today))
    return planned


def _one(
    line: int, asked: Asked, found: Target | None, refusal: DomainError | None, of_all: OfAll, today: date
) -> Planned:
    refusal = refusal or _another(asked, found)
    if refusal:
        return Planned.refused(line, refusal)
    if found is None:
        return Planned(line, "set", asked.target)
    if found.value == asked.target.value:
        return Planned(line, "same", found)
    try:
        return Planned(line, "revised", found, _revision(asked, found, of_all, today))
    except DomainError as error:
        return Planned.refused(line, error)


def _another(asked: Asked, found: Target | None) -> DomainError | None:
    """Why what stands is not what the row means."""
    if asked.target_id is not None and (found is None or found.id != asked.target_id):
        detail = "this target is of another scope, scheme, measure, period or name, or was withdrawn: leave it empty"
        return Invalid.field("/id", f"{detail} to set a new one")
    return differs_as_part(asked.target, found) if found else None


def _revision(asked: Asked, found: Target, of_all: OfAll, today: date) -> Revision:
    """Raises StaleVersion, TargetIsOver, InvalidTarget, and Invalid where the reason is missing."""
    value, reason = asked.target.value, asked.reason or of_all.reason
    if reason is None:
        detail = f"the value changes from {found.value:g} to {value:g}: say why, here or for all rows in the query"
        raise Invalid.field("/reason", detail)
    holds_from = asked.holds_from or max(found.starts_on, of_all.holds_from or today)
    revision = Revision(asked.version or found.version, value, holds_from, reason)
    revised(found, revision, today)
    return revision
