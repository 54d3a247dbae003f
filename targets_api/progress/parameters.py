"""What a caller asks of progress: one model for the path and the query, and its description for OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from services.errors import Invalid
from services.vocabulary import Scheme
from services.web.fields import Code
from targets_api.progress.queries import ProgressKey


class _Question(BaseModel):
    model_config = ConfigDict(extra="ignore")

    code: Code = Field(description="whose progress")
    scheme: Scheme = Field(description="in which scheme")
    start: date | None = Field(
        None, alias="from", description="count from this day; default: 1 January of the year of `on`"
    )
    on: date | None = Field(None, description="count to this day, included; default: today")


def question(path: Mapping[str, Any], query: Mapping[str, str], today: date) -> ProgressKey:
    """The question with its defaults. Raises pydantic's ValidationError, and Invalid where `from` is after `on`."""
    asked = _Question.model_validate({**query, **path})
    on = asked.on or today
    start = asked.start or date(on.year, 1, 1)
    if start > on:
        raise Invalid.field("/query/from", f"from must not be after on, {on}")
    return ProgressKey(asked.code, asked.scheme, start, on)


def _parameters() -> list[dict[str, Any]]:
    schema = _Question.model_json_schema()
    required = set(schema["required"])
    return [
        {
            "name": name,
            "in": "path" if name == "code" else "query",
            "required": name in required,
            "description": field.get("description", ""),
            "schema": {key: value for key, value in field.items() if key not in ("title", "default", "description")},
        }
        for name, field in schema["properties"].items()
    ]


PARAMETERS: Final[dict[str, Any]] = {"parameters": _parameters()}
