"""What SQLAlchemy Core would hide."""

from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import text

from services.persistence.statements import Query


class LastCover(NamedTuple):
    """The last day of a person's latest cover; `place` counts the persons that were asked about, from 1."""

    place: int
    covered_to: date


LAST_COVERS: Final = Query(
    LastCover,
    text("""
        SELECT w.place, c.covered_to
        FROM unnest(CAST(:people AS bigint[]), CAST(:schemes AS text[])) WITH ORDINALITY AS w (person, scheme, place)
        CROSS JOIN LATERAL (
            SELECT max(e.covered_to) AS covered_to FROM enrolments e
            WHERE e.personal_id::bigint = w.person AND e.scheme = w.scheme AND e.status <> 'cancelled'
        ) c
        WHERE c.covered_to IS NOT NULL
    """),
)
"""Of each of these people by their scheme, if they had any. Written as the exclusion constraint is, so that its index
serves."""

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
