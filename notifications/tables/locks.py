"""The locks of the notifications service, in the order in which a unit of work takes them.

1. CLAIMS, by whoever claims deliveries: each sees what the one before has claimed.
2. Rows of alerts, by id; new ones are inserted by target and episode.
3. Rows of deliveries: one by one, or SKIP LOCKED.
4. Rows of routes.
5. Rows of `pace_differences`, by target id.
"""

from typing import Final

from services.persistence.locks import AdvisoryLock

CLAIMS: Final = AdvisoryLock("claims", 0x636C6169)
