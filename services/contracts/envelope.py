"""The envelope of every event: CloudEvents 1.0, and its batched JSON mode on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

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

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Annotated[str, Field(pattern=_JSON)] = "application/json"
    correlationid: str


def type_of(event: type[Event]) -> str:
    """The CloudEvents type of a class of events, which is the routing key of its messages."""
    return str(event.model_fields["type"].default)
