"""What SQLAlchemy Core would hide."""

from datetime import date
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


PARENT_ON: Final = """COALESCE(
    (SELECT s.parent_code FROM unit_stays s WHERE s.unit_code = u.code AND s.until_on >= a.day
     ORDER BY s.until_on LIMIT 1),
    u.parent_code
)"""
"""Below which unit `u` lies on the day of `a`, as a part of a statement."""

ADD_UNIT_STAYS: Final = text("""
    INSERT INTO unit_stays (unit_code, until_on, parent_code)
    SELECT new.unit_code, new.until_on, new.parent_code
    FROM unnest(CAST(:unit_codes AS text[]), CAST(:days AS date[]), CAST(:parent_codes AS text[]))
        AS new (unit_code, until_on, parent_code)
    WHERE NOT EXISTS (SELECT FROM unit_stays s WHERE s.unit_code = new.unit_code AND s.until_on >= new.until_on)
""")
"""Until when units lay below others; what is known of the same day or a later one stays."""


class UnitAbove(NamedTuple):
    """A unit and a day that were asked about, and one above it on that day or itself."""

    unit_code: str
    day: date
    code: str


UNITS_ABOVE: Final = Query(
    UnitAbove,
    text(f"""
        WITH RECURSIVE a AS (
            SELECT code AS unit_code, day, code, 0 AS steps
            FROM unnest(CAST(:codes AS text[]), CAST(:days AS date[])) AS asked (code, day)
            UNION ALL
            SELECT a.unit_code, a.day, {PARENT_ON}, a.steps + 1
            FROM a JOIN units u ON u.code = a.code WHERE a.steps < 3
        )
        SELECT unit_code, day, code FROM a WHERE code IS NOT NULL ORDER BY unit_code, day, steps
    """),  # noqa: S608 - constants only
)
"""Each of these units and all above it on the day beside it, from the lowest to the highest; of four levels, three can
be above."""
