"""Reads of those below an organisation: the page first, then the figures of those on it alone."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import Executable

from services.persistence.unit_of_work import ReadSession
from services.web.lists import cut
from targets_api.drilldowns.queries import COLLECTORS_OF, ORGANISATIONS_BELOW
from targets_api.drilldowns.schemas import BelowKey, BelowPage, OwnerBelow
from targets_api.drilldowns.shown import owner_in_list
from targets_api.hierarchy.queries import known_codes, organisations_above
from targets_api.progress.figures import ProgressKey
from targets_api.progress.own_figures import without_others
from targets_api.progress.owner_figures import COLLECTORS, ORGANISATIONS, Owner
from targets_api.progress.queries import figures_of
from targets_api.remembering.read import Read, on_anything, on_organisation, one_by_one
from targets_api.remembering.schemas import UNTOLD


async def read_organisations(session: ReadSession, key: BelowKey, today: date) -> BelowPage | None:
    """The organisations directly below; None where the organisation is not known, or not the reader's own."""
    return await _read(session, key, today, ORGANISATIONS_BELOW, ORGANISATIONS)


async def read_collectors(session: ReadSession, key: BelowKey, today: date) -> BelowPage | None:
    """The collectors of the organisation itself; None as above."""
    return await _read(session, key, today, COLLECTORS_OF, COLLECTORS)


async def _read(
    session: ReadSession, key: BelowKey, today: date, below: Executable, owner: Owner[Any]
) -> BelowPage | None:
    code = (await known_codes(session, "organisation", [key.code])).get(key.code)
    if code is None or not await _may_know(session, key, code):
        return None
    values = {"organisation_code": code, "after": key.after, "limit": key.limit + 1}
    page = cut(list(await session.scalars(below, values)), key.limit, str)
    keys = [ProgressKey(each, key.scheme, key.start, key.on, key.own_of) for each in page.rows]
    found = await without_others(session, await figures_of(session, owner, keys, today)) if keys else []
    return BelowPage(
        organisation_code=code,
        scheme=key.scheme,
        start=key.start,
        on=key.on,
        items=[owner_in_list(OwnerBelow, each, today) for each in found if each],
        next=page.next,
        **UNTOLD,
    )


async def _may_know(session: ReadSession, key: BelowKey, code: str) -> bool:
    return key.own_of is None or key.own_of in (await organisations_above(session, [code])).get(code, {code})


ORGANISATIONS_BELOW_IT: Final = Read(
    "organisation", one_by_one(read_organisations), lambda key: on_organisation(key.code, key.scheme), at_most=8
)
COLLECTORS_OF_IT: Final = Read(
    "organisation",
    one_by_one(read_collectors),
    lambda key: on_anything(key.scheme),
    is_costly=lambda _, __: True,
    at_most=2,
)
"""Collectors also sign up for organisations that they are not of, and are summed from their tallies."""
