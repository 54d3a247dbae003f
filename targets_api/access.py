"""The scopes of the targets API, and who may do what."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from fastapi import Security

from services.context import ADMIN, Actor
from services.web.auth import authorize

TARGETS_WRITE: Final = "targets:write"
PROGRESS_READ: Final = "progress:read"
"""Everybody's."""
PROGRESS_OWN: Final = "progress:own"
"""That of the own organisation, of those below it, and of their collectors."""
SCOPES: Final = frozenset({TARGETS_WRITE, PROGRESS_READ, PROGRESS_OWN, ADMIN})

TargetWriter: TypeAlias = Annotated[Actor, Security(authorize, scopes=[TARGETS_WRITE])]
ProgressReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[PROGRESS_READ, PROGRESS_OWN])]


def reads_own_of(actor: Actor) -> str | None:
    """The organisation whose own progress and targets are all that the actor sees; None for whoever sees everything."""
    return actor.limited_to(unless=PROGRESS_READ)
