"""The envelope of every event: CloudEvents 1.0, and its batched JSON mode on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


def fact(description: str, example: object, default: Any = ..., *, optional: bool = False, **limits: Any) -> Any:
    """A field of an event with its description, an example, and limits in the words of JSON Schema.

    `optional`: it is null where it is unknown, and left out then, so that events of before are written as they were.
    """
    return Field(
        None if optional else default,
        description=description,
        examples=[example],
        json_schema_extra=limits or None,
        exclude_if=_is_none if optional else None,
    )


def _is_none(value: object) -> bool:
    return value is None


MOST: Final = 2**31 - 1
WHOLE: Final[Mapping[str, Any]] = {"minimum": 0, "maximum": MOST, "format": "int32"}
"""Limits of a number that counts."""
Code: TypeAlias = Annotated[str, Field(max_length=128)]
"""Three of them fit into one key of a PostgreSQL index (2,704 bytes), whatever their characters."""


Name: TypeAlias = Annotated[str, Field(max_length=1000)]


BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"
"""CloudEvents JSON format 1.0, section 4: a JSON array of events."""
_JSON = r"(?i)^application/json[ \t]*(;.*)?$"
"""RFC 9110, 8.3.1: parameters such as `charset=utf-8` may follow, and case does not matter."""


class Facts(BaseModel):
    """The data of an event: facts in the past tense, immutable; unknown fields of later versions are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(BaseModel):
    """CloudEvents 1.0 attributes, plus the correlation id of the request that began it all.

    `subject` is the id of the thing the event is about: order is kept per subject.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    is_published: ClassVar[bool] = True
    """Whether the broker carries it."""

    specversion: Literal["1.0"] = fact("The version of CloudEvents", "1.0", "1.0")
    id: UUID = fact("Its id: an event that comes again has the same", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    source: str = fact("The service that published it", "/drive/enrolment", maxLength=100)
    type: str = fact("What happened, and the version of its meaning", "drive.enrolment.recorded.v1", maxLength=100)
    subject: str = fact("Id or code of what it is about; order is kept for each", "15142", maxLength=128)
    time: AwareDatetime = fact("When it was recorded, in UTC", "2025-10-25T02:30:00Z")
    datacontenttype: Annotated[str, Field(pattern=_JSON)] = fact(
        "The media type of `data`", "application/json", "application/json", maxLength=100, pattern="^application/json"
    )
    correlationid: str = fact(
        "Id of the request that began it all", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e02", maxLength=128
    )


def type_of(event: type[Event]) -> str:
    """The CloudEvents type of a class of events, which is the routing key of its messages."""
    return str(event.model_fields["type"].default)
