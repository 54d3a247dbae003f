"""What SQLAlchemy Core would hide."""

from typing import Final, NamedTuple

from sqlalchemy import text

from services.persistence.statements import Query


class OrganisationParent(NamedTuple):
    """An organisation and what it is part of."""

    code: str
    parent_code: str | None


ORGANISATIONS_ABOVE: Final = Query(
    OrganisationParent,
    text("""
        WITH RECURSIVE above AS (
            SELECT code, parent_code FROM organisations WHERE code = ANY(CAST(:codes AS text[]))
            UNION SELECT o.code, o.parent_code FROM organisations o JOIN above a ON o.code = a.parent_code
        )
        SELECT code, parent_code FROM above
    """),
)
"""These organisations, and all above them."""


class LevelsBelow(NamedTuple):
    """How many levels there are below an organisation."""

    code: str
    levels: int


LEVELS_BELOW: Final = Query(
    LevelsBelow,
    text("""
        WITH RECURSIVE below AS (
            SELECT code AS top, code, 0 AS levels FROM organisations WHERE code = ANY(CAST(:codes AS text[]))
            UNION ALL
            SELECT b.top, o.code, b.levels + 1 FROM organisations o JOIN below b ON o.parent_code = b.code
        )
        SELECT top AS code, max(levels) AS levels FROM below GROUP BY top
    """),
)
"""Of these organisations."""

SUCCESSORS: Final = text("""
    WITH RECURSIVE reached AS (
        SELECT code, successors FROM units WHERE code = ANY(CAST(:codes AS text[]))
        UNION SELECT u.code, u.successors
        FROM reached r CROSS JOIN unnest(r.successors) AS s (code) JOIN units u ON u.code = s.code
    )
    SELECT u.* FROM units u WHERE u.code IN (SELECT code FROM reached)
""")
"""These units, with their successors, those of these and so on."""


class UnitAbove(NamedTuple):
    """A unit that was asked about, and one above it or itself."""

    unit_code: str
    code: str


UNITS_ABOVE: Final = Query(
    UnitAbove,
    text("""
        WITH RECURSIVE above AS (
            SELECT code AS unit_code, code, parent_code, 0 AS steps
            FROM units WHERE code = ANY(CAST(:codes AS text[]))
            UNION ALL
            SELECT a.unit_code, u.code, u.parent_code, a.steps + 1 FROM units u JOIN above a ON u.code = a.parent_code
        )
        SELECT unit_code, code FROM above ORDER BY unit_code, steps
    """),
)
"""Each of these units and all above it, from the lowest to the highest."""
