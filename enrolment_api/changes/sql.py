"""What SQLAlchemy Core would hide."""

from typing import Final, NamedTuple

from sqlalchemy import text

from services.persistence.statements import Query


class CollectorCases(NamedTuple):
    """The cases of a collector's sign-ups, beside those of all collectors; `sign_ups` were recorded."""

    organisation_code: str
    collector_code: str
    cases: int
    open: int
    rejected: int
    sign_ups: int
    all_cases: int
    all_sign_ups: int


CASES_OF_COLLECTORS: Final = Query(
    CollectorCases,
    text("""
        WITH c AS (
            SELECT organisation_code, collector_code, count(*) AS cases,
                count(*) FILTER (WHERE status = 'open') AS open,
                count(*) FILTER (WHERE status = 'rejected') AS rejected
            FROM identity_cases
            WHERE opened_at >= CAST(:since AS timestamptz) AND opened_at < CAST(:until AS timestamptz)
            GROUP BY organisation_code, collector_code
        ), s AS (
            SELECT organisation_code, collector_code, count(*) AS sign_ups FROM enrolments
            WHERE signed_on BETWEEN CAST(:first AS date) AND CAST(:last AS date) AND checksum IS NOT NULL
            GROUP BY organisation_code, collector_code
        )
        SELECT c.organisation_code, c.collector_code, c.cases, c.open, c.rejected, COALESCE(s.sign_ups, 0) AS sign_ups,
            (SELECT CAST(sum(cases) AS bigint) FROM c) AS all_cases,
            (SELECT COALESCE(CAST(sum(sign_ups) AS bigint), 0) FROM s) AS all_sign_ups
        FROM c LEFT JOIN s USING (organisation_code, collector_code)
        ORDER BY c.cases DESC, c.organisation_code, c.collector_code
        LIMIT :limit
    """),
)
"""The collectors with the most cases between two times, with their sign-ups of those days, and the sums of all. The
index by day has no sign-ups without a checksum: the oldest, of before there were cases."""
