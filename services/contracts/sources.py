"""Who publishes: the `source` of every event."""

from typing import Final

ENROLMENT_SOURCE: Final = "/drive/enrolment"
TARGETS_SOURCE: Final = "/drive/targets"
NOTIFICATIONS_SOURCE: Final = "/drive/notifications"
