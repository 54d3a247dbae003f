"""Statements that change when what waits is due. Whoever runs one holds CLAIMS."""

from __future__ import annotations

from sqlalchemy import text

SEND_AGAIN = text("""
    UPDATE deliveries d SET state = 'pending', next_attempt_at = :due_at, leased_until = NULL, remind_at = NULL
    WHERE (d.id = :delivery_id OR d.message_id = :message_id) AND d.state IN ('pending', 'failed', 'unconfirmed')
      AND NOT EXISTS (
          SELECT FROM deliveries o
          WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.alert_version > d.alert_version
      )
      AND NOT EXISTS (
          SELECT FROM deliveries o WHERE o.digest_name = d.digest_name AND o.digest_due_at > d.digest_due_at
      )
""")
"""Makes the message of a delivery due then, without those of its deliveries that a newer one has overtaken."""

GIVE_UP = text("""
    UPDATE deliveries SET state = 'failed', next_attempt_at = NULL, last_error = 'its route was removed'
    WHERE state = 'pending' AND route_name = :route
""")
"""Ends what waits for a route that is removed: another of its name may be made at once."""

RETIME = text("""
    UPDATE deliveries SET next_attempt_at = w.due_at
    FROM unnest(CAST(:severities AS text[]), CAST(:due AS timestamptz[])) AS w(severity, due_at)
    WHERE state = 'pending' AND route_name = :route AND attempts = attempts_before AND message_id IS NULL
      AND alert ->> 'severity' = w.severity
""")
"""Gives what waits for its first attempt to a route another time, by the severity of its alert."""

END_WAITS = text("""
    UPDATE deliveries SET next_attempt_at = :now, early_attempts = early_attempts + 1
    WHERE state = 'pending' AND route_name = :route_name AND next_attempt_at > :now
      AND early_attempts < attempts - attempts_before - early_attempts
""")
"""Makes what waits for another attempt to this route due now, once for each attempt that came on schedule. What waits
for others of its group has had no attempt."""
