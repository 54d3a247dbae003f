"""How often a route is told again, as it is put."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from pydantic_core import core_schema

from notifications.domain.reminder import NEVER
from services.durations import FORM
from services.web.fields import Form

_FORM: Final = f"^({FORM}|{NEVER})$"
_REMEDY: Final = f"a duration in ISO 8601 is expected, such as P1D, PT12H or P1DT12H, or `{NEVER}`"

Repeat: TypeAlias = Annotated[
    str, Form(_FORM, core_schema.str_schema(), {"type": "string", "pattern": _FORM, "maxLength": 20}, _REMEDY)
]
