"""Between messages and events: batches out, and batches in with what is broken set apart from what is good."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from services.contracts.events import EVENT, EVENTS, AnyEvent
from services.messaging.broker import Delivery


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that arrived and cannot be understood, word for word, and why."""

    type: str
    body: str
    error: str


def decode(deliveries: Sequence[Delivery], known: Collection[str]) -> tuple[list[AnyEvent], list[Broken]]:
    """All events of the deliveries in order, and apart from them what is broken or of a type not in `known`."""
    events: list[AnyEvent] = []
    broken: list[Broken] = []
    for delivery in deliveries:
        for item in _items(delivery):
            if isinstance(item, Broken):
                broken.append(item)
            elif item.type in known:
                events.append(item)
            else:
                broken.append(Broken(item.type, item.model_dump_json(), f"nobody here handles {item.type}"))
    return events, broken


def _items(delivery: Delivery) -> Sequence[AnyEvent | Broken]:
    body = delivery.message.body
    try:
        return EVENTS.validate_json(body)
    except ValidationError:
        return _one_by_one(delivery)


def _one_by_one(delivery: Delivery) -> list[AnyEvent | Broken]:
    message = delivery.message
    as_it_came = message.body.decode(errors="replace")
    try:
        items = json.loads(message.body)
        if not isinstance(items, list):
            return [Broken(message.type, as_it_came, "not a CloudEvents batch: a JSON array is expected")]
        return [_event(message.type, item) for item in items]
    except (ValueError, RecursionError) as error:
        return [Broken(message.type, as_it_came, f"not JSON that can be read: {error}")]


def _event(routing_key: str, item: object) -> AnyEvent | Broken:
    try:
        return EVENT.validate_python(item)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        return Broken(routing_key, json.dumps(item), reasons)
