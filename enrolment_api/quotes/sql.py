"""What SQLAlchemy Core would hide."""

from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import text

from enrolment_api.registry.sql import PARENT_ON
from services.persistence.statements import Query


class Place(NamedTuple):
    """A unit, its days and successors, and one of the units above it or itself."""

    unit_code: str
    level: str
    valid_from: date | None
    valid_to: date | None
    successors: list[str] | None
    above: str


PLACES: Final = Query(
    Place,
    text(f"""
        WITH RECURSIVE u AS (
            SELECT code, level, valid_from, valid_to, successors, parent_code FROM units
            WHERE upper(code) = CAST(:code AS text)
            UNION
            SELECT next.code, next.level, next.valid_from, next.valid_to, next.successors, next.parent_code
            FROM u CROSS JOIN unnest(u.successors) AS s (code) JOIN units next ON next.code = s.code
        ), a AS (
            SELECT code AS unit_code, code, CAST(:on AS date) AS day, 0 AS steps FROM u
            UNION ALL
            SELECT a.unit_code, {PARENT_ON}, a.day, a.steps + 1 FROM a JOIN units u ON u.code = a.code WHERE a.steps < 3
        )
        SELECT u.code AS unit_code, u.level, u.valid_from, u.valid_to, u.successors, a.code AS above
        FROM u JOIN a ON a.unit_code = u.code WHERE a.code IS NOT NULL ORDER BY u.code, a.steps
    """),  # noqa: S608 - constants only
)
"""The unit of this code, which is in upper case, and its successors, those of these and so on, each with all above it
on the day `on`, the lowest first."""
