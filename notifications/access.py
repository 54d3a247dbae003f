"""Who may do what in the notifications API."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Security

from notifications.scopes import ALERTS_OWN, ALERTS_READ, ALERTS_WRITE
from services.context import Actor
from services.web.auth import authorize

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
