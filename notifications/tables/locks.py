"""The locks of the notifications service, in the order in which a unit of work takes them.

1. CLAIMS, by whoever claims deliveries: each sees what the one before has claimed.
2. Rows of units, by code. A batch handles the registry first; whoever looks a unit up takes no lock.
3. ESCALATIONS, by whoever puts or removes a chain; shared by whoever looks when the next step of alerts is due.
4. Rows of alerts, by id; new ones are inserted by target and episode.
5. ROUTES, by whoever puts or removes a route, a silence, an inhibition or a digest; shared by whoever looks which
   routes are to be notified of changes of alerts: of an alert that is raised meanwhile either the one or the other
   tells the route.
6. Rows of `silences` and `inhibitions`, then of `hushed_alerts`, by whoever holds ROUTES, or shares it for the last.
7. Rows of digests, by whoever puts or removes one, or queues what is due of it.
8. Rows of deliveries: one by one, or SKIP LOCKED.
9. Rows of routes, then of receivers, then of `group_messages`.
10. Rows of `pace_differences`, by target id.
11. COMPARISON (of the chassis), by whoever compares with a summary of enrolment.
"""

from typing import Final

from services.persistence.locks import AdvisoryLock

CLAIMS: Final = AdvisoryLock("claims", 0x636C6169)
ESCALATIONS: Final = AdvisoryLock("escalations", 0x6573636C)
ROUTES: Final = AdvisoryLock("routes", 0x726F7574)
