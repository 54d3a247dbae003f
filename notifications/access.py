"""The scopes of the notifications API, and who may do what."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from fastapi import Security

from services.context import ADMIN, Actor
from services.web.auth import authorize

ALERTS_READ: Final = "alerts:read"
ALERTS_WRITE: Final = "alerts:write"
"""Everybody's, and the routes."""
ALERTS_OWN: Final = "alerts:own"
"""Read and act on those of the own organisation, of those below it, and of their collectors."""
SCOPES: Final = frozenset({ALERTS_READ, ALERTS_WRITE, ALERTS_OWN, ADMIN})

AlertReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ALERTS_READ, ALERTS_OWN])]
AlertWriter: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ALERTS_WRITE, ALERTS_OWN])]
CauseReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ALERTS_READ, ALERTS_WRITE, ALERTS_OWN])]
CauseWriter: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ALERTS_WRITE])]
RouteReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ALERTS_READ])]
RouteWriter: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ALERTS_WRITE])]


def reads_own_of(actor: Actor) -> str | None:
    """The organisation whose own alerts are all that the actor sees; None for whoever sees all."""
    return actor.limited_to(unless=ALERTS_READ)


def acts_on_own_of(actor: Actor) -> str | None:
    """The organisation whose own alerts are all that the actor may act on; None for whoever may act on all."""
    return actor.limited_to(unless=ALERTS_WRITE)
