"""The scopes of the notifications API. `drive token` loads them without the rest."""

from __future__ import annotations

from typing import Final

from services.context import ADMIN

ALERTS_READ: Final = "alerts:read"
ALERTS_WRITE: Final = "alerts:write"
"""Everybody's, and the routes."""
ALERTS_OWN: Final = "alerts:own"
"""Read and act on those of the own organisation, of those below it, and of their collectors."""
SCOPES: Final = frozenset({ALERTS_READ, ALERTS_WRITE, ALERTS_OWN, ADMIN})
