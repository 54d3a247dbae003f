"""The scopes of the enrolment API. `drive token` loads them without the rest."""

from __future__ import annotations

from typing import Final

from services.context import ADMIN

REGISTRY_WRITE: Final = "registry:write"
ENROLMENTS_WRITE: Final = "enrolments:write"
ENROLMENTS_READ: Final = "enrolments:read"
ENROLMENTS_REVIEW: Final = "enrolments:review"
"""The agency decides on what was submitted, of any organisation."""
PARTICIPANTS_READ: Final = "participants:read"
"""Personal data in clear."""
SCOPES: Final = frozenset(
    {REGISTRY_WRITE, ENROLMENTS_WRITE, ENROLMENTS_READ, ENROLMENTS_REVIEW, PARTICIPANTS_READ, ADMIN}
)
