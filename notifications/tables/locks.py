"""The locks of the notifications service, in the order in which a unit of work takes them.

1. CLAIMS, by whoever claims deliveries: each sees what the one before has claimed.
2. Rows of units, by code. A batch handles the registry first; whoever looks a unit up takes no lock.
3. Rows of alerts, by id; new ones are inserted by target and episode.
4. ROUTES, by whoever puts a route; shared by whoever looks which routes are to be notified of changes of alerts: of an
   alert that is raised meanwhile either the one or the other tells the route.
5. Rows of deliveries: one by one, or SKIP LOCKED.
6. Rows of routes, then of receivers, then of `group_messages`.
7. Rows of `pace_differences`, by target id.
8. COMPARISON (of the chassis), by whoever compares with a summary of enrolment.
"""

from typing import Final

from services.persistence.locks import AdvisoryLock

CLAIMS: Final = AdvisoryLock("claims", 0x636C6169)
ROUTES: Final = AdvisoryLock("routes", 0x726F7574)
