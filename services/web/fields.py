"""Types of fields that come in, in bodies and in queries alike. Each has one form; nothing is guessed.

In a query every value is text: numbers are digits and nothing else, days are ISO dates.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

from services.names import CODE, readable_label, readable_name, words_of

VISIBLE = r"^[^\p{C}\p{Zl}\p{Zp}]+$"
_UNSEEN = r"\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ue000-\uf8ff\ufeff"
PUBLISHED_VISIBLE = rf"^[^\s{_UNSEEN}][^{_UNSEEN}]*$"
"""What the documents say in place of VISIBLE, whose classes no pattern of ECMA-262 can name without a flag. It lets a
few rare characters pass that VISIBLE refuses. Blanks at the ends are removed before the check."""
PATTERN_REMEDIES: Mapping[str, str] = {
    CODE: "a code begins with a letter or digit and has letters without accents, digits, dots, hyphens, underscores",
    VISIBLE: "remove line breaks, control characters, and others that cannot be seen, such as those that join emoji",
}
"""How to correct a text that does not match."""

Code: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CODE)]
"""A code of a unit, organisation, collector, route and so on."""
UnitCode: TypeAlias = Annotated[Code, Field(description="Code of the unit", examples=["15142"])]
OrganisationCode: TypeAlias = Annotated[Code, Field(description="Code of the organisation", examples=["BD-CAM-THUY"])]
CollectorCode: TypeAlias = Annotated[Code, Field(description="Code of the collector", examples=["CT-07"])]
Text: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=VISIBLE),
    AfterValidator(partial(unicodedata.normalize, "NFC")),
    Field(json_schema_extra={"pattern": PUBLISHED_VISIBLE}),
]
"""One line of text, such as a reference of a partner's system, in Unicode normal form C."""
LONGEST_NAME: Final = 200


class RequestBody(BaseModel):
    """A body that comes in: a number in quotes is a mistake, and so is a field that does not exist."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class Form:
    """A type that comes in as text of one form, and is parsed from it in Rust."""

    def __init__(self, pattern: str, parsed: CoreSchema, json_schema: Mapping[str, Any], remedy: str) -> None:
        self._pattern = pattern
        self._parsed = parsed
        self._json_schema = json_schema
        self._remedy = remedy

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(pattern=self._pattern, strict=True)
        chain = core_schema.chain_schema([text, self._parsed])
        form = chain if source is str else core_schema.json_or_python_schema(chain, self._or_parsed(source, chain))
        return core_schema.custom_error_schema(form, "form", custom_error_message=self._remedy)

    @staticmethod
    def _or_parsed(source: Any, chain: CoreSchema) -> CoreSchema:
        """A value made by the code itself is there already parsed."""
        return core_schema.union_schema([core_schema.is_instance_schema(source), chain], mode="left_to_right")

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        said = handler(schema)
        return {**self._json_schema, **{name: said[name] for name in ("description", "examples") if name in said}}


AN_ID: Final = "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01"
"""An id as an example."""
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
Day: TypeAlias = Annotated[
    date,
    Form(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        core_schema.date_schema(strict=False, ge=FIRST_DAY, le=LAST_DAY),
        {"type": "string", "format": "date", "maxLength": 10},
        f"a date is expected, such as 2025-10-25, from {FIRST_DAY} to {LAST_DAY}",
    ),
]
"""A day that somebody may mean, so that days before and after it can be computed with."""
Id: TypeAlias = Annotated[
    UUID,
    Form(
        r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
        core_schema.uuid_schema(strict=False),
        {"type": "string", "format": "uuid", "maxLength": 36},
        f"an id is expected, such as {AN_ID}",
    ),
]


Moment: TypeAlias = Annotated[
    datetime,
    Form(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
        core_schema.datetime_schema(
            strict=False,
            tz_constraint="aware",
            ge=datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC),
            le=datetime(LAST_DAY.year, 12, 31, tzinfo=UTC),
        ),
        {"type": "string", "format": "date-time", "maxLength": 35},
        f"a time with its offset is expected, such as 2025-10-25T02:30:00Z, from {FIRST_DAY} to {LAST_DAY}",
    ),
]
"""A time that somebody may mean (RFC 3339)."""
Truth: TypeAlias = Annotated[
    bool,
    Form(
        r"^(true|false)$",
        core_schema.bool_schema(strict=False),
        {"type": "boolean"},
        "true or false is expected",
    ),
]
"""A yes or no of a query."""


def digits(*, least: int, most: int) -> Any:
    """The form of a whole number in a query."""
    return Form(
        r"^[0-9]{1,18}$",
        core_schema.int_schema(strict=False, ge=least, le=most),
        {"type": "integer", "format": "int32" if most < 2**31 else "int64", "minimum": least, "maximum": most},
        f"a whole number from {least:,} to {most:,} is expected",
    )


Name: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2 * LONGEST_NAME),
    AfterValidator(partial(readable_name, longest=LONGEST_NAME)),
    Field(
        description="What people call it, with letters; up to 200 characters, single spaces",
        examples=["Bưu điện Cẩm Thủy"],
        json_schema_extra={"pattern": PUBLISHED_VISIBLE},
    ),
]
"""What people call a person or a place, in Unicode normal form C with single spaces."""
Label: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2 * LONGEST_NAME),
    AfterValidator(partial(readable_label, longest=LONGEST_NAME)),
    Field(
        description="What people call it; up to 200 characters, single spaces",
        examples=["Q4"],
        json_schema_extra={"pattern": PUBLISHED_VISIBLE},
    ),
]
"""What people call something that they made, such as a target; a number will do."""


def _with_words(text: str) -> str:
    if not words_of(text):
        raise ValueError("give at least one letter or digit to look for")
    return text


Words: TypeAlias = Annotated[Label, AfterValidator(_with_words)]
"""Words to look for."""
Reason: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000, pattern=VISIBLE),
    Field(
        description="Why, for those who read it later",
        examples=["Decision 546/QĐ-TTg"],
        json_schema_extra={"pattern": PUBLISHED_VISIBLE},
    ),
]
"""Why something was changed, for those who read it later."""
Version: TypeAlias = Annotated[
    int,
    Field(
        ge=1,
        le=2**31 - 1,
        description="The version of what is changed, as the caller has seen it",
        examples=[1],
        json_schema_extra={"format": "int32"},
    ),
]
