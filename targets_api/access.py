"""Who may do what in the targets API."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Security

from services.context import Actor
from services.web.auth import authorize
from targets_api.scopes import PROGRESS_OWN, PROGRESS_READ, TARGETS_WRITE

TargetWriter: TypeAlias = Annotated[Actor, Security(authorize, scopes=[TARGETS_WRITE])]
ProgressReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[PROGRESS_READ, PROGRESS_OWN])]


def reads_own_of(actor: Actor) -> str | None:
    """The organisation whose own progress and targets are all that the actor sees; None for whoever sees everything."""
    return actor.limited_to(unless=PROGRESS_READ)
