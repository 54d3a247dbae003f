"""Which units are registered, and at which level; which organisations have which name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import Text, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from notifications.tables.registry import ORGANISATION_WORDS, OrganisationRow, UnitRow
from services.errors import NotKnownYet, Unknown
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among, table_of, unnest
from services.persistence.words import beginning_with_each
from services.vocabulary import UnitLevel

_code, _given = table_of(UnitRow).c.code, bindparam("code", type_=Text)
OF_CODE: Final = select(_code).where(func.upper(_code) == func.upper(_given)).order_by(_code != _given, _code).limit(1)

_level = table_of(UnitRow).c.level
LEVELS: Final = select(_code, _level).where(_code == among("codes", Text()), _level.is_not(None))

_organisations = table_of(OrganisationRow)
_organisation = _organisations.c
_asked = unnest("asked", words=Text())
_has_word = literal_column(f"({ORGANISATION_WORDS})", TSVECTOR).bool_op("@@")
_begins = _has_word(cast(beginning_with_each(_asked.c.words), TSQUERY))
NAMED: Final = select(_asked.c.words.label("word"), _organisation.code).select_from(
    _asked.join(_organisations, _begins)
)
NAMES: Final = select(_organisation.code, _organisation.name).where(_organisation.code == among("codes", Text()))


async def registered_unit(session: ReadSession, code: str) -> str | None:
    """The code of the unit as it is registered, in whatever case it is given; None where no such unit is known."""
    found: str | None = (await session.scalars(OF_CODE, {"code": code})).first()
    return found


async def registered_under(session: ReadSession, under: str | None) -> str | None:
    """The code of a body's `under` as it is registered: alerts name it so; None where none is given. Raises
    NotKnownYet."""
    if under is None:
        return None
    if (code := await registered_unit(session, under)) is None:
        raise NotKnownYet.of([Unknown("/under", "unit", under)])
    return code


async def levels_of(session: ReadSession, codes: Collection[str]) -> dict[str, UnitLevel]:
    """The levels of these units, where they are known."""
    if not codes:
        return {}
    return {row.code: row.level for row in await session.execute(LEVELS, {"codes": sorted(codes)})}


async def organisations_named(session: ReadSession, words: Collection[str]) -> Mapping[str, Sequence[str]]:
    """By each of the words the codes of the organisations in whose name a word begins with it; of `words_of`."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in await session.execute(NAMED, {"words": sorted(words)}):
        found[row.word].append(row.code)
    return found


async def names_of_organisations(session: ReadSession, codes: Collection[str]) -> dict[str, str]:
    """The names of these organisations, where they are known."""
    if not codes:
        return {}
    return {row.code: row.name for row in await session.execute(NAMES, {"codes": sorted(codes)})}
