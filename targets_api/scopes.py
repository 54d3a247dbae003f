"""The scopes of the targets API. `drive token` loads them without the rest."""

from __future__ import annotations

from typing import Final

from services.context import ADMIN

TARGETS_WRITE: Final = "targets:write"
PROGRESS_READ: Final = "progress:read"
"""Everybody's."""
PROGRESS_OWN: Final = "progress:own"
"""That of the own organisation, of those below it, and of their collectors."""
SCOPES: Final = frozenset({TARGETS_WRITE, PROGRESS_READ, PROGRESS_OWN, ADMIN})
