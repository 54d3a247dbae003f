"""What is to become of the rows of a file, as targets stand: decided by reads alone, for a dry run and for the real one
alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, TypeAlias

from services.errors import DomainError, Invalid
from services.pages import pages
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Scope
from targets_api.domain.revision import Revision, revised
from targets_api.domain.target import Target, differs_as_part, identity_of
from targets_api.imports.rows import Asked, ReadRow
from targets_api.targets.checks import errors_of_new
from targets_api.targets.parents import parents_of
from targets_api.targets.queries import targets_of_ids
from targets_api.targets.scopes import registered_scopes
from targets_api.targets.store import same_targets

Result: TypeAlias = Literal["set", "revised", "same", "refused", "left"]
"""`left`: it was not reached in time."""
ROWS_AT_ONCE: Final = 500
"""How many rows are planned before they are done."""
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

    @classmethod
    def left(cls, row: ReadRow) -> Planned:
        """Not looked at in time, but for what is wrong with the row itself."""
        return cls.refused(row.line, row.asked) if isinstance(row.asked, DomainError) else cls(row.line, "left")


async def plan(session: ReadSession, rows: Sequence[ReadRow], of_all: OfAll, today: date) -> list[Planned]:
    """What is to become of each of the rows, in their order; no two are of one target."""
    registered = await _registered(session, rows)
    wanted = [row.asked.target for row in registered if isinstance(row.asked, Asked)]
    standing = await _standing(session, wanted)
    new = [target for target in wanted if identity_of(target) not in standing]
    refused = await errors_of_new(session, new, await targets_of_ids(session, parents_of(new)))
    planned = list[Planned]()
    for row in registered:
        if isinstance(row.asked, DomainError):
            planned.append(Planned.refused(row.line, row.asked))
        else:
            found = standing.get(identity_of(row.asked.target))
            planned.append(_one(row.line, row.asked, found, refused.get(row.asked.target.id), of_all, today))
    return planned


async def chunks_of(session: ReadSession, rows: Sequence[ReadRow]) -> list[Sequence[ReadRow]]:
    """The rows in parts to be planned one after the other, those first whose last row does not stand as it is: where a
    file was not reached as a whole, and is sent again, what was left comes before what is done."""
    chunks = list(pages(rows, ROWS_AT_ONCE))
    lasts = await _registered(session, [_last(chunk) for chunk in chunks])
    standing = await _standing(session, [row.asked.target for row in lasts if isinstance(row.asked, Asked)])
    return [chunk for _, chunk in sorted(zip(lasts, chunks, strict=True), key=lambda each: _stands(each[0], standing))]


def once(rows: Sequence[ReadRow]) -> list[ReadRow]:
    """Rows that are of one target are refused, all of them: which one is right does not follow from their order. Codes
    are registered once, in whatever case."""
    identities = [_identity(row) for row in rows]
    lines: dict[object, list[int]] = {}
    for row, identity in zip(rows, identities, strict=True):
        if identity:
            lines.setdefault(identity, []).append(row.line)
    return [_unless_repeated(*each, lines) for each in zip(rows, identities, strict=True)]


def _identity(row: ReadRow) -> object:
    """None of a row that is refused."""
    if isinstance(row.asked, DomainError):
        return None
    target = row.asked.target
    scope = (target.scope.unit_code, target.scope.organisation_code, target.scope.collector_code)
    return tuple(code and code.upper() for code in scope), *identity_of(target)[1:]


def _unless_repeated(row: ReadRow, identity: object, lines: dict[object, list[int]]) -> ReadRow:
    if not identity or len(found := lines[identity]) == 1:
        return row
    named = ", ".join(map(str, found[:_NAMED])) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
    return ReadRow(row.line, Invalid.field("", f"lines {named} are of the same target: leave one of them"))


async def _registered(session: ReadSession, rows: Sequence[ReadRow]) -> list[ReadRow]:
    """With the codes as they are registered."""
    asked = [row.asked.target.scope for row in rows if isinstance(row.asked, Asked)]
    scopes = iter(await registered_scopes(session, asked))
    return [_with_scope(row, row.asked, next(scopes)) if isinstance(row.asked, Asked) else row for row in rows]


def _with_scope(row: ReadRow, asked: Asked, scope: Scope | DomainError) -> ReadRow:
    if isinstance(scope, DomainError):
        return ReadRow(row.line, scope)
    target = asked.target
    return row if scope == target.scope else ReadRow(row.line, replace(asked, target=replace(target, scope=scope)))


async def _standing(session: ReadSession, wanted: Sequence[Target]) -> dict[object, Target]:
    return {identity_of(target): target for target in await same_targets(session, wanted)}


def _last(chunk: Sequence[ReadRow]) -> ReadRow:
    return next((row for row in reversed(chunk) if isinstance(row.asked, Asked)), chunk[-1])


def _stands(row: ReadRow, standing: Mapping[object, Target]) -> bool:
    if isinstance(row.asked, DomainError):
        return False
    found = standing.get(identity_of(row.asked.target))
    return found is not None and found.value == row.asked.target.value


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
