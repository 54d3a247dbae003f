"""What SQLAlchemy Core would hide."""

from datetime import date
from typing import Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.persistence.statements import Query


class RegisteredCode(NamedTuple):
    """A unit: its level, its days and its successors; or a stay of a collector: the organisation and its days."""

    kind: Literal["unit", "stay"]
    code: str
    value: str
    first: date | None
    last: date | None
    successors: list[str] | None


REGISTERED_CODES: Final = Query(
    RegisteredCode,
    text("""
        WITH RECURSIVE u AS (
            SELECT code, level, valid_from, valid_to, successors FROM units
            WHERE upper(code) = ANY(CAST(:units AS text[]))
            UNION
            SELECT next.code, next.level, next.valid_from, next.valid_to, next.successors
            FROM u CROSS JOIN unnest(u.successors) AS s (code) JOIN units next ON next.code = s.code
        ), c AS (
            SELECT code, organisation_code, from_on FROM collectors
            WHERE upper(code) = ANY(CAST(:collectors AS text[]))
        )
        SELECT 'unit' AS kind, code, level AS value, valid_from AS first, valid_to AS last, successors FROM u
        UNION ALL
        SELECT 'stay', code, organisation_code, from_on, NULL, NULL FROM c
        UNION ALL
        SELECT 'stay', c.code, s.organisation_code, s.from_on, s.until_on, NULL
        FROM c JOIN collector_stays s ON s.collector_code = c.code
    """),
)
"""The units of these codes in whatever case, with their successors, those of these and so on; and all stays of the
collectors."""


class KnownFact(NamedTuple):
    """The participant who is found, a cover of theirs and the organisation that it is through, a member of their
    household, or for how many months the state has supported them; `place` is that of the sign-up asked about."""

    place: int
    participant_id: UUID
    sealed: bytes | None
    covered_from: date | None
    covered_to: date | None
    organisation_code: str | None
    member_no: int | None
    supported_months: int | None


KNOWN: Final = Query(
    KnownFact,
    text("""
        WITH w AS MATERIALIZED (
            SELECT asked.*, COALESCE(asked.meant, i.participant_id) AS participant_id
            FROM unnest(
                CAST(:places AS integer[]), CAST(:indexes AS bytea[]), CAST(:schemes AS text[]), CAST(:since AS date[]),
                CAST(:organisations AS text[]), CAST(:households AS text[]), CAST(:years AS integer[]),
                CAST(:participants AS uuid[])
            ) AS asked (place, blind_index, scheme, since, organisation_code, household_code, year, meant)
            LEFT JOIN LATERAL (
                SELECT participant_id FROM participant_indexes WHERE blind_index = asked.blind_index OFFSET 0
            ) i ON true
        )
        SELECT w.place, p.id AS participant_id, p.sealed, NULL::date AS covered_from, NULL::date AS covered_to,
            NULL AS organisation_code, NULL::smallint AS member_no, NULL::bigint AS supported_months
        FROM w CROSS JOIN LATERAL (SELECT id, sealed FROM participants WHERE id = w.participant_id OFFSET 0) p
        UNION ALL
        SELECT w.place, w.participant_id, NULL, e.covered_from, e.covered_to, e.organisation_code, NULL, NULL
        FROM w CROSS JOIN LATERAL (
            SELECT covered_from, covered_to, organisation_code FROM enrolments
            WHERE participant_id = w.participant_id AND scheme = w.scheme AND status <> 'cancelled'
                AND id <> ALL(CAST(:but_for AS uuid[]))
                AND daterange(covered_from, covered_to, '[]') && daterange(w.since, NULL)
            OFFSET 0
        ) e
        UNION ALL
        SELECT w.place, m.participant_id, NULL, NULL, NULL, NULL, m.member_no, NULL
        FROM w CROSS JOIN LATERAL (
            SELECT member_no, participant_id FROM enrolments
            WHERE organisation_code = w.organisation_code AND household_code = w.household_code
                AND EXTRACT(year FROM signed_on) = w.year AND joins_household AND status <> 'cancelled'
                AND id <> ALL(CAST(:but_for AS uuid[]))
            OFFSET 0
        ) m
        UNION ALL
        SELECT w.place, w.participant_id, NULL, NULL, NULL, NULL, NULL, s.months
        FROM w CROSS JOIN LATERAL (
            SELECT sum(COALESCE(supported_months, CASE WHEN state_support > 0 THEN months ELSE 0 END)) AS months
            FROM enrolments
            WHERE participant_id = w.participant_id AND scheme = w.scheme AND status <> 'cancelled'
                AND id <> ALL(CAST(:but_for AS uuid[]))
            OFFSET 0
        ) s
        WHERE w.scheme = 'voluntary_social' AND s.months > 0
    """),
)
"""The participant of each sign-up, asked for by each of their indexes, or by their id; their covers by its scheme, as
far as they reach into the days from `since` on; the members of their household in the year; and of voluntary insurance
the months for which the state has supported them, but for what the enrolments `but_for` say. Written as the exclusion
constraint and the index of members are, so that they serve. OFFSET 0 keeps each lookup by itself: joined, a plan that
was made for an empty table would go on to read all of it."""


class Nobodys(NamedTuple):
    """A participant whom nobody is signed up as."""

    id: UUID


NOBODYS: Final = Query(
    Nobodys,
    text("""
        SELECT w.id FROM unnest(CAST(:ids AS uuid[])) AS w (id)
        WHERE NOT EXISTS (SELECT FROM enrolments WHERE participant_id = w.id AND status <> 'cancelled' OFFSET 0)
            AND NOT EXISTS (SELECT FROM identity_cases WHERE participant_id = w.id AND status = 'accepted' OFFSET 0)
    """),
)
"""Which of these participants have no sign-up that was not cancelled, and no accepted case of identity."""

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

OF_PERSON: Final = text("""
    SELECT e.* FROM (
        SELECT DISTINCT participant_id FROM participant_indexes WHERE blind_index = ANY(CAST(:indexes AS bytea[]))
    ) i CROSS JOIN LATERAL (
        SELECT * FROM enrolments
        WHERE participant_id = i.participant_id AND status <> 'cancelled'
            AND organisation_code = COALESCE(CAST(:own_of AS text), organisation_code)
        OFFSET 0
    ) e
    ORDER BY e.id
    LIMIT :limit
""")
"""The sign-ups of a person by the indexes of their personal ID, but for those that were cancelled; of one organisation
where it is given."""
