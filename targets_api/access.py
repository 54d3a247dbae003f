"""The scopes of the targets API, and who may do what."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from fastapi import Security

from services.context import ADMIN, Actor
from services.web.auth import authorize

TARGETS_WRITE: Final = "targets:write"
PROGRESS_READ: Final = "progress:read"
SCOPES: Final = frozenset({TARGETS_WRITE, PROGRESS_READ, ADMIN})

TargetWriter: TypeAlias = Annotated[Actor, Security(authorize, scopes=[TARGETS_WRITE])]
ProgressReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[PROGRESS_READ])]
