"""What SQLAlchemy Core would hide."""

from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import text

from services.persistence.statements import Query


class CoverOf(NamedTuple):
    """A cover of a person; `place` counts the persons that were asked about, from 1."""

    place: int
    covered_from: date
    covered_to: date


COVERS: Final = Query(
    CoverOf,
    text("""
        SELECT w.place, e.covered_from, e.covered_to
        FROM unnest(CAST(:people AS bigint[]), CAST(:schemes AS text[]), CAST(:since AS date[]))
            WITH ORDINALITY AS w (person, scheme, since, place)
        JOIN enrolments e ON e.personal_id::bigint = w.person AND e.scheme = w.scheme AND e.status <> 'cancelled'
            AND daterange(e.covered_from, e.covered_to, '[]') && daterange(w.since, NULL)
    """),
)
"""Of each of these people by their scheme, as far as it reaches into the days from `since` on. Written as the exclusion
constraint is, so that its index serves."""

EXISTING: Final = text("""
    WITH w AS (
        SELECT * FROM unnest(CAST(:organisations AS text[]), CAST(:refs AS text[]), CAST(:keys AS text[]))
            AS w (organisation_code, external_ref, idempotency_key)
    )
    SELECT e.* FROM w JOIN enrolments e USING (organisation_code, external_ref)
    UNION
    SELECT e.* FROM w JOIN enrolments e USING (organisation_code, idempotency_key)
""")
"""The enrolments that these references and these keys already stand for."""
