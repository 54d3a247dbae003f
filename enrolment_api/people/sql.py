"""What SQLAlchemy Core would hide."""

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.persistence.statements import Query


class TakenIndex(NamedTuple):
    """An index that is another participant's than was meant."""

    blind_index: bytes
    participant_id: UUID


MAKE: Final = Query(
    TakenIndex,
    text("""
        WITH claimed AS (
            INSERT INTO participant_indexes (blind_index, key_id, participant_id)
            SELECT * FROM unnest(CAST(:indexes AS bytea[]), CAST(:key_ids AS bytea[]), CAST(:owners AS uuid[]))
            ON CONFLICT (blind_index) DO UPDATE SET participant_id = participant_indexes.participant_id
            RETURNING blind_index, participant_id
        ), made AS (
            INSERT INTO participants (id, sealed)
            SELECT id, sealed FROM unnest(CAST(:ids AS uuid[]), CAST(:sealed AS bytea[])) AS new (id, sealed)
            WHERE id IN (SELECT participant_id FROM claimed)
        )
        SELECT blind_index, participant_id FROM claimed
        EXCEPT SELECT * FROM unnest(CAST(:indexes AS bytea[]), CAST(:owners AS uuid[]))
    """),
)
"""Make participants with their indexes; of a person whom somebody else was faster with, whose index it is instead. The
update changes nothing: it waits for whoever is faster, and returns their row."""
