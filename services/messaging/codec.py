"""Between messages and events: batches in, with what is broken set apart from what is good.

One parser decides what is valid: pydantic's, on bytes. Where a batch fails as a whole it is cut into its items, each of
which is put before the same parser.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from services.contracts.envelope import Event
from services.contracts.events import EVENT, EVENTS
from services.messaging.broker import EventMessage, ReceivedMessage

_NUL = b"\\u0000"
_BOUNDARIES = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)
"""Finds where a JSON value ends, whatever it holds; nothing that it reads is used."""
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that arrived and cannot be understood, byte for byte, and why."""

    type: str
    body: bytes
    error: str


def decode(deliveries: Sequence[ReceivedMessage], known: Collection[str]) -> tuple[list[Event], list[Broken]]:
    """All events of the deliveries in order, and apart from them what is broken or of a type not in `known`."""
    events: list[Event] = []
    broken: list[Broken] = []
    for delivery in deliveries:
        for item in decode_message(delivery.message):
            if isinstance(item, Broken):
                broken.append(item)
            elif item.type in known:
                events.append(item)
            else:
                broken.append(Broken(item.type, item.model_dump_json().encode(), f"nobody here handles {item.type}"))
    return events, broken


def decode_message(message: EventMessage) -> Sequence[Event | Broken]:
    """The events of one message, and what is broken in it. It does not raise, whatever the body is."""
    try:
        if _NUL not in message.body:
            return EVENTS.validate_json(message.body)
    except ValidationError:
        pass
    return [item if isinstance(item, Broken) else _event(message.type, item) for item in items_of(message)]


def items_of(message: EventMessage) -> list[bytes | Broken]:
    """The items of a batch as they stand in its body; where it cannot be cut into items, all of it."""
    try:
        return [*_cut(message.body.decode(errors="surrogateescape"))]
    except (ValueError, RecursionError) as error:
        return [Broken(message.type, message.body, f"not JSON that can be read: {error}")]


def _cut(text: str) -> Iterator[bytes]:
    """The items of a JSON array. Raises ValueError where it is none, and RecursionError."""
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        _BOUNDARIES.raw_decode(text, at)
        raise ValueError("not a CloudEvents batch: a JSON array is expected")
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        _, end = _BOUNDARIES.raw_decode(text, at)
        yield text[at:end].encode(errors="surrogateescape")
        at = _next(text, end)
    if text[at + 1 :].strip(_SPACE):
        raise ValueError("something follows the array")


def _next(text: str, end: int) -> int:
    """Where the next item begins, or the array ends, after an item that ends at `end`. Raises ValueError."""
    at = _skip(text, end)
    if text[at : at + 1] == "]":
        return at
    following = _skip(text, at + 1)
    if text[at : at + 1] != "," or text[following : following + 1] == "]":
        raise ValueError(f"a comma and another item, or the end of the array, is expected at character {at}")
    return following


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _event(routing_key: str, item: bytes) -> Event | Broken:
    try:
        event = EVENT.validate_json(item)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        return Broken(routing_key, item, reasons)
    if _holds_nul(event.model_dump()):
        return Broken(routing_key, item, "a text holds the character NUL, which PostgreSQL cannot store")
    return event


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for part in value.values())
    return isinstance(value, list | tuple) and any(_holds_nul(part) for part in value)
