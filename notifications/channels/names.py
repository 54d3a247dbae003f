"""The name of a channel as a field of HTTP bodies. The OpenAPI document lists the names that CHANNELS has."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, Field

from notifications.channels.registry import CHANNELS
from services.shown import shown


def _list_channels(schema: dict[str, Any]) -> None:
    schema["enum"] = list(CHANNELS)


def _check_channel(name: str) -> str:
    if name not in CHANNELS:
        raise ValueError(f"there is no such channel: give one of {', '.join(CHANNELS)}")
    return name


_WORDS: Final = "How it is sent"
ChannelName: TypeAlias = Annotated[
    str, Field(description=_WORDS, examples=["webhook"], json_schema_extra=_list_channels)
]
"""In an answer, where a stored route or delivery may have a channel that this version does not know."""
KnownChannel: TypeAlias = Annotated[
    str,
    Field(description=_WORDS, examples=["webhook"], json_schema_extra=_list_channels),
    AfterValidator(_check_channel),
]
"""In a request."""
ShownAddress: TypeAlias = Annotated[
    str,
    shown(
        "What the channel sends to; of a chat the scheme alone, of an Alertmanager without its password",
        "https://ops.example.org/drive",
        maxLength=2000,
    ),
]
