"""What came of attempts, and what is to be known before that is recorded. Whoever runs one that writes holds CLAIMS."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.persistence.statements import Query


class ExpiredAttempt(NamedTuple):
    """An attempt whose lease ended before its outcome was recorded."""

    message_id: UUID
    attempt: int
    channel: str


class History(NamedTuple):
    """How many attempts of a message were early, whether one of all succeeded, and when its first part was queued."""

    early_attempts: int
    attempts_before: int
    was_sent: bool
    queued_at: datetime | None


ADOPT = text("""
    UPDATE deliveries SET message_id = id
    WHERE id IN (
        SELECT id FROM deliveries WHERE state = 'pending' AND message_id IS NULL AND attempts > attempts_before
          AND attempts > 0
        UNION ALL
        SELECT id FROM deliveries WHERE state = 'sending' AND message_id IS NULL
    )
""")
"""Makes a message of its own of each delivery that the version before, which knows no messages, has attempted."""

EXPIRED: Final = Query(
    ExpiredAttempt,
    text("""
    SELECT DISTINCT message_id, attempts AS attempt, channel FROM deliveries
    WHERE state = 'sending' AND leased_until <= :now
"""),
)
"""Attempts that were under way when their lease ended."""

RECORD_STEP = text("""
    UPDATE deliveries
    SET state = :new_state, last_error = :error, next_attempt_at = :due_at, leased_until = NULL, sent_at = :accepted_at,
        told_at = coalesce(CAST(:told_at AS timestamptz), told_at),
        remind_at = CASE WHEN group_code IS NOT NULL THEN CAST(:told_at AS timestamptz) END
    WHERE message_id = :message_id AND state <> 'sent' AND :attempt > attempts_before AND (
        attempts = :attempt OR (attempts > :attempt AND CAST(:new_state AS text) = 'sent' AND state <> 'sending')
    )
""")
"""Gives all deliveries that an attempt was about their next state. Those that had been taken out of the message before
have a lower number of attempts."""

RECORD_ATTEMPT = text("""
    INSERT INTO delivery_attempts (delivery_id, attempt, at, outcome, detail)
    SELECT id, CAST(:attempt AS integer), CAST(:at AS timestamptz), CAST(:outcome AS text), CAST(:detail AS text)
    FROM deliveries WHERE message_id = :message_id AND attempts >= :attempt
    ON CONFLICT (delivery_id, attempt)
    DO UPDATE SET at = excluded.at, outcome = excluded.outcome, detail = excluded.detail
""")
"""Adds an attempt to all deliveries that it was about; a later record of the same attempt replaces it."""

HISTORY: Final = Query(
    History,
    text("""
    SELECT coalesce(max(early_attempts), 0) AS early_attempts, coalesce(max(attempts_before), 0) AS attempts_before,
    EXISTS (
        SELECT FROM delivery_attempts a JOIN deliveries o ON o.id = a.delivery_id
        WHERE o.message_id = :message_id AND o.attempts >= :attempt AND a.outcome = 'sent'
          AND a.attempt > o.attempts_before
    ) AS was_sent, min(queued_at) AS queued_at
    FROM deliveries WHERE message_id = :message_id AND attempts >= :attempt
"""),
)
