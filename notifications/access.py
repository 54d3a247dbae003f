"""The scopes of the notifications API, and who may do what."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from fastapi import Security

from services.context import ADMIN, Actor
from services.web.auth import authorize

ALERTS_READ: Final = "alerts:read"
ALERTS_WRITE: Final = "alerts:write"
SCOPES: Final = frozenset({ALERTS_READ, ALERTS_WRITE, ADMIN})

AlertReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ALERTS_READ])]
AlertWriter: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ALERTS_WRITE])]
