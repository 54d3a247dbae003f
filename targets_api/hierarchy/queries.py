"""Which codes are known, and where units lie."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import text

from services.persistence.unit_of_work import ReadSession

_NAMES_AND_PATHS = text(
    "SELECT u.code, u.name, (SELECT array_agg(a.ancestor_code ORDER BY a.depth DESC) FROM unit_ancestors a"
    " WHERE a.unit_code = u.code) AS path FROM units u WHERE u.code = ANY(:codes)"
)


_KNOWN: Final = {
    name: text(f"SELECT code FROM {name} WHERE code = ANY(:codes)")  # noqa: S608 - our own names
    for name in ("units", "organisations", "collectors")
}


_ABOVE = text("""
    SELECT organisation_code, array_agg(ancestor_code) AS above FROM organisation_ancestors
    WHERE organisation_code = ANY(:codes) GROUP BY 1
""")


async def known_codes(session: ReadSession, table: str, codes: Collection[str]) -> set[str]:
    """Those of the codes that are in `units`, `organisations` or `collectors`."""
    return set(await session.scalars(_KNOWN[table], {"codes": list(codes)})) if codes else set()


async def names_and_paths(session: ReadSession, codes: Collection[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The name of each unit, and its path: those above it, top first, then itself."""
    if not codes:
        return {}
    rows = await session.execute(_NAMES_AND_PATHS, {"codes": list(codes)})
    return {row.code: (row.name, tuple(row.path)) for row in rows}


async def organisations_above(session: ReadSession, codes: Collection[str]) -> dict[str, frozenset[str]]:
    """The organisations at or above each of those that are known."""
    rows = await session.execute(_ABOVE, {"codes": list(codes)})
    return {row.organisation_code: frozenset(row.above) for row in rows}
