"""Reads of progress, each answered from what is remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel

from services.persistence.unit_of_work import ReadSession
from services.web.etag import Tagged
from targets_api.domain.owner import NoSuchOwner
from targets_api.hierarchy.queries import known_codes
from targets_api.progress.figures import ProgressKey, direct_figures
from targets_api.progress.own_figures import without_others
from targets_api.progress.owner_figures import COLLECTORS, ORGANISATIONS, UNITS, Owner
from targets_api.progress.progress_view import (
    children_progress,
    collector_progress,
    organisation_progress,
    unit_progress,
)
from targets_api.progress.queries import children_of, figures_of, with_others, with_parts
from targets_api.progress.schemas import ChildrenProgress
from targets_api.remembering.answers import Answers
from targets_api.remembering.read import Compute, Read, on_collector, on_organisation, on_unit, one_by_one


class OwnerKey(Protocol):
    """What is asked for of an owner."""

    @property
    def code(self) -> str: ...
    @property
    def own_of(self) -> str | None: ...
    def __hash__(self) -> int: ...


K = TypeVar("K", bound=OwnerKey)
View: TypeAlias = Callable[[Any, date], BaseModel]
MOST_CHILDREN: Final = 4
"""So many units' children are read in one run: those of a province are 166."""

NARROW: Final = 4
"""A unit whose coverage is made of more parts waits in another lane than communes."""


def _of(owner: Owner[Any], view: View) -> Compute[ProgressKey]:
    async def read(session: ReadSession, keys: Sequence[ProgressKey], today: date) -> list[BaseModel | None]:
        own = await without_others(session, await figures_of(session, owner, keys, today))
        found = await with_parts(session, owner, await with_others(session, owner, own))
        return [view(figures, today) if figures else None for figures in found]

    return read


async def read_children(session: ReadSession, key: ProgressKey, today: date) -> ChildrenProgress | None:
    """Each unit directly below the unit, and what was signed up in itself."""
    key = key._replace(code=(await known_codes(session, "unit", [key.code])).get(key.code, key.code))
    keys = [key, *(key._replace(code=code) for code in await children_of(session, key.code))]
    unit, *found = await with_others(session, UNITS, await figures_of(session, UNITS, keys, today))
    if unit is None:
        return None
    children = [child for child in found if child]
    direct = direct_figures(unit.owner, [child.owner for child in children])
    return children_progress(unit, children, direct, today)


UNIT: Final = Read(
    "unit",
    _of(UNITS, unit_progress),
    lambda key: on_unit(key.code, key.scheme),
    is_costly=lambda key, kept: kept.widths.get(key.code, 1) > NARROW,
)
ORGANISATION: Final = Read(
    "organisation", _of(ORGANISATIONS, organisation_progress), lambda key: on_organisation(key.code, key.scheme)
)
COLLECTOR: Final = Read(
    "collector", _of(COLLECTORS, collector_progress), lambda key: on_collector(key.code, key.scheme)
)
CHILDREN: Final = Read(
    "unit",
    one_by_one(read_children),
    lambda key: on_unit(key.code, key.scheme),
    is_costly=lambda _, __: True,
    at_most=MOST_CHILDREN,
)


async def answer(answers: Answers, read: Read[K], key: K) -> Tagged:
    """The answer to the key. Raises NoSuchOwner."""
    found = await answers.of(read, key)
    if found is None:
        raise NoSuchOwner(
            f"no {read.name} {key.code} is known here: check the code; what was registered just now arrives within "
            "moments"
        )
    return found
