"""The query of metrics, and what the document says of them."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from services.shown import SchemeWord
from services.vocabulary import UnitLevel
from services.web.answers import sends
from services.web.fields import Code
from services.web.lists import QueryParameters
from services.web.openapi import DEFINITIONS


class MetricsQuery(QueryParameters):
    """Of which units."""

    scheme: SchemeWord = Field(description="In which scheme")
    under: Code | None = Field(
        None, description="Only those at or below this unit; default: all of the level", examples=["38"]
    )
    level: UnitLevel = Field("commune", description="Units of which level", examples=["commune"])


_NAME: Final = "MetricsOfUnits"
_LABELS: Final = 'unit_code="15142",name="Xã Cẩm Thạch",level="commune",scheme="household_health"'
_EXAMPLE: Final = f"drive_unit_coverage_ratio{{{_LABELS}}} 0.7511\n"
ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Metrics in the text format of Prometheus, or as OpenMetrics where `Accept` names it",
        "content": {"text/plain": {"schema": {"$ref": f"#/components/schemas/{_NAME}"}, "example": _EXAMPLE}},
        **sends("Vary"),
    }
}
EXTRA: Final[dict[str, Any]] = {
    DEFINITIONS: {
        _NAME: {
            "title": _NAME,
            "type": "string",
            "description": "A line for each metric of each unit",
            "maxLength": 100_000_000,
        }
    }
}
