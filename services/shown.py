"""Types of fields that go out: described for the OpenAPI documents, and not checked.

A field says more by `Field(description=…)` beside the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from services.vocabulary import (
    Kind,
    Measure,
    PaceStatus,
    Scheme,
    Scope,
    Severity,
    UnitLevel,
)

MOST_PERSONS: Final = 10_000_000_000
MOST_VND: Final = 10**15
LONGEST_CODE: Final = 128
LONGEST_NAME: Final = 1000
_INT32: Final = 2**31 - 1


def shown(description: str, example: object, **limits: Any) -> Any:
    """A description, an example, and limits in the words of JSON Schema."""
    return Field(description=description, examples=[example], json_schema_extra=limits)


def shown_list(description: str, example: Any, *, most: int) -> Any:
    """The same of a list."""
    return shown(description, example, maxItems=most)


ShownId: TypeAlias = Annotated[UUID, shown("Its id", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01", maxLength=36)]
ShownDay: TypeAlias = Annotated[date, shown("A business day of Asia/Ho_Chi_Minh", "2025-10-25", maxLength=10)]
ShownTime: TypeAlias = Annotated[datetime, shown("A time in UTC", "2025-10-25T02:30:00Z", maxLength=35)]
ShownCode: TypeAlias = Annotated[str, shown("A code", "A-1", maxLength=LONGEST_CODE)]
ShownUnit: TypeAlias = Annotated[str, shown("Code of the unit", "15142", maxLength=LONGEST_CODE)]
ShownOrganisation: TypeAlias = Annotated[str, shown("Code of the organisation", "BD-CAM-THUY", maxLength=LONGEST_CODE)]
ShownCollector: TypeAlias = Annotated[str, shown("Code of the collector", "CT-07", maxLength=LONGEST_CODE)]
ShownName: TypeAlias = Annotated[str, shown("What people call it", "Xã Cẩm Thạch", maxLength=LONGEST_NAME)]
ShownText: TypeAlias = Annotated[str, shown("For people to read", "connection refused", maxLength=10_000)]
ShownVersion: TypeAlias = Annotated[
    int,
    shown(
        "Grows with each change. A change needs the version that its author has seen",
        1,
        minimum=1,
        maximum=_INT32,
        format="int32",
    ),
]
ShownNumber: TypeAlias = Annotated[int, shown("A number", 1, minimum=0, maximum=_INT32, format="int32")]
ShownCount: TypeAlias = Annotated[int, shown("How many", 352, minimum=0, maximum=MOST_PERSONS, format="int64")]
ShownDifference: TypeAlias = Annotated[
    int, shown("A difference of counts", 352, minimum=-MOST_PERSONS, maximum=MOST_PERSONS, format="int64")
]
ShownAmount: TypeAlias = Annotated[int, shown("Whole VND", 1263600, minimum=0, maximum=MOST_VND, format="int64")]
ShownShare: TypeAlias = Annotated[float, shown("A share", 0.27, minimum=0, format="double")]
ShownValue: TypeAlias = Annotated[
    float,
    shown(
        "Persons, or for coverage a share of the population", 0.9515, minimum=0, maximum=MOST_PERSONS, format="double"
    ),
]

SchemeWord: TypeAlias = Annotated[
    Scheme,
    Field(description="Household health insurance or voluntary social insurance", examples=["household_health"]),
]
KindWord: TypeAlias = Annotated[
    Kind,
    Field(
        description="`new`: no cover before, or 90 whole days (voluntary: 3 whole months) without any; else "
        "`renewal`. Decided once, by what is known when the sign-up comes",
        examples=["new"],
    ),
]
LevelWord: TypeAlias = Annotated[UnitLevel, Field(description="How high the unit stands", examples=["commune"])]
MeasureWord: TypeAlias = Annotated[
    Measure,
    Field(
        description="`new`, `renewal`: sign-ups of that kind; `in_force`: persons covered; `coverage`: their share of "
        "the population",
        examples=["coverage"],
    ),
]
StatusWord: TypeAlias = Annotated[
    PaceStatus, Field(description="The verdict on the target at the end of the day `on`", examples=["behind"])
]
SeverityWord: TypeAlias = Annotated[
    Severity, Field(description="How far the target lags behind: `critical` is graver", examples=["critical"])
]


class Documented:
    """Describes the fields of a class that cannot do so itself, since it is pure."""

    def __init__(self, fields: Mapping[str, Mapping[str, Any]]) -> None:
        self._fields = fields

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        reference = handler(schema)
        properties = handler.resolve_ref_schema(reference)["properties"]
        for name, words in self._fields.items():
            text = {"type": "string", "maxLength": LONGEST_CODE}
            properties[name] = {**words, "anyOf": [text, {"type": "null"}], "default": None}
        return reference


ShownScope: TypeAlias = Annotated[
    Scope,
    Documented(
        {
            "unit_code": {"description": "Code of the unit, where one is named", "examples": ["15142"]},
            "organisation_code": {"description": "Code of the organisation, where one is named", "examples": [None]},
            "collector_code": {"description": "Code of the collector, where one is named", "examples": [None]},
        }
    ),
]
"""Any mix of unit, organisation and collector."""
