"""Reads of what was signed up, split by kind, organisation, channel or campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from sqlalchemy import Text, bindparam, select

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.vocabulary import RegistryKind
from targets_api.domain.series import Days, spans_of
from targets_api.domain.splits import SplitBy
from targets_api.progress.sql import SPLIT_BY_CAMPAIGN, SPLIT_BY_CHANNEL, SPLIT_BY_ORGANISATION
from targets_api.progress.sums import PeriodKey, Sums, sums_of
from targets_api.tables.hierarchy import OrganisationRow

Parts: TypeAlias = Mapping[str | None, Sums]


def _part(value: str, *sums: Any) -> tuple[str | None, Sums]:
    return value or None, Sums._make(map(int, sums))


STATEMENTS: Final[Mapping[SplitBy, Query[tuple[str | None, Sums]]]] = {
    "organisation": Query(_part, SPLIT_BY_ORGANISATION),
    "channel": Query(_part, SPLIT_BY_CHANNEL),
    "campaign": Query(_part, SPLIT_BY_CAMPAIGN),
}
_o = table_of(OrganisationRow).c
BELOW: Final = select(_o.code).where(_o.parent_code == bindparam("code", type_=Text)).order_by(_o.code)


async def parts_of(session: ReadSession, kind: RegistryKind, key: PeriodKey, by: SplitBy) -> Parts:
    """What is not named is None. Units are split by everything, organisations by those directly below, all by kind."""
    if by == "kind":
        [sums] = await sums_of(session, kind, [key])
        return {"new": sums.of_kind("new"), "renewal": sums.of_kind("renewal")}
    if kind == "organisation":
        return await _by_organisations_below(session, key)
    return dict(await session.all(STATEMENTS[by], split_values(key)))


def split_values(key: PeriodKey) -> dict[str, Any]:
    """The parameters of the statements that split what was signed up in a unit."""
    spans = spans_of(Days(key.since, key.until))
    arrays = {
        "spans": [each.span for each in spans],
        "from_days": [each.since for each in spans],
        "before_days": [each.before for each in spans],
    }
    return {**key._asdict(), **arrays}


async def _by_organisations_below(session: ReadSession, key: PeriodKey) -> Parts:
    """Each with all below it, and the organisation itself: what it has beyond these."""
    below = list(await session.scalars(BELOW, {"code": key.code}))
    whole, *sums = await sums_of(session, "organisation", [key._replace(code=code) for code in (key.code, *below)])
    own = Sums._make(total - sum(parts) for total, *parts in zip(whole, *sums, strict=True))
    parts = dict(zip([key.code, *below], [own, *sums], strict=True))
    return {code: each for code, each in parts.items() if any(each)}
