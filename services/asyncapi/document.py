"""The AsyncAPI 3 document of all events: made from the contracts, the subscriptions, and nothing else.

`docs/asyncapi.json` is what `drive asyncapi` prints; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from services.asyncapi.schemas import REF, example_of, schemas_of
from services.contracts.alerts import MOST_ALERTS, AlertEvent, AlertReminded
from services.contracts.envelope import BATCH_CONTENT_TYPE, Event
from services.contracts.events import EVENT_TYPES
from services.contracts.routes import RouteTested
from services.contracts.sources import NOTIFICATIONS_SOURCE
from services.contracts.subscriptions import EXCHANGE, SUBSCRIPTIONS

ASYNCAPI: Final = "3.0.0"
WEBHOOK: Final = "webhook"
ONLY_BY_WEBHOOK: Final[tuple[type[Event], ...]] = (AlertReminded, RouteTested)
WEBHOOK_EVENTS: Final = (*get_args(AlertEvent), *ONLY_BY_WEBHOOK)
MOST_EVENTS: Final = 1000
"""In one message of the broker."""
_ABOUT: Final = (
    "What the services tell each other, and whoever subscribes. Every event is a CloudEvent 1.0; an event that comes "
    "again has the same `id`, and may come after later ones. Fields may be added; a changed meaning is a new type. "
    "None holds personal data."
)
_WEBHOOK_HEADERS: Final[Mapping[str, Any]] = {
    "webhook-id": ("Id of the message: a repeat has the same", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01", 100),
    "webhook-timestamp": ("When it was sent, in seconds since 1970", "1761359400", 20),
    "webhook-signature": (
        "`v1,` and the HMAC-SHA256 of id, timestamp and body, in Base64; one for each valid secret, blanks between",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        500,
    ),
}


def document() -> dict[str, Any]:
    """All channels, operations and messages."""
    schemas = schemas_of([*EVENT_TYPES.values(), *ONLY_BY_WEBHOOK])
    return {
        "asyncapi": ASYNCAPI,
        "info": {"title": "Events of drive", "version": "1", "description": _ABOUT},
        "defaultContentType": BATCH_CONTENT_TYPE,
        "servers": _servers(),
        "channels": {**{name: _channel(name) for name in sorted(EVENT_TYPES)}, WEBHOOK: _webhook_channel()},
        "operations": _operations(),
        "components": {
            "schemas": schemas,
            "messages": {
                **{name: _message(name, EVENT_TYPES[name], schemas) for name in sorted(EVENT_TYPES)},
                WEBHOOK: _webhook_message(schemas),
            },
        },
    }


def printed() -> str:
    """The document as it is kept in docs/asyncapi.json."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _servers() -> dict[str, Any]:
    return {
        "broker": {
            "host": "{host}",
            "protocol": "amqp",
            "protocolVersion": "0.9.1",
            "description": "RabbitMQ, 3.10 or newer, at AMQP_URL",
            "variables": {"host": {"default": "localhost:5672", "description": "Host and port of AMQP_URL"}},
        },
        "receiver": {
            "host": "{host}",
            "protocol": "https",
            "description": "Whoever receives webhooks: the `address` of a route of the channel `webhook`",
            "variables": {"host": {"default": "ops.example.org", "description": "That of the address"}},
        },
    }


def _channel(name: str) -> dict[str, Any]:
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False, "vhost": "/"}
    return {
        "address": name,
        "description": f"Routing key {name} of the topic exchange {EXCHANGE}",
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _webhook_channel() -> dict[str, Any]:
    return {
        "address": None,
        "description": "The `address` of a route. Standard Webhooks: signed, and sent again until the answer is 2xx",
        "servers": [{"$ref": "#/servers/receiver"}],
        "messages": {WEBHOOK: {"$ref": f"#/components/messages/{WEBHOOK}"}},
    }


def _operations() -> dict[str, Any]:
    sends = {f"send.{name}": _operation("send", name, _publisher(EVENT_TYPES[name])) for name in sorted(EVENT_TYPES)}
    receives = {
        f"receive.{listener}.{name}": _operation("receive", name, f"/drive/{listener}")
        for listener, events in SUBSCRIPTIONS.items()
        for name in sorted(str(event.model_fields["type"].default) for event in events)
    }
    post = {"http": {"method": "POST", "bindingVersion": "0.3.0"}}
    return {**sends, **receives, "send.webhook": _operation("send", WEBHOOK, NOTIFICATIONS_SOURCE) | {"bindings": post}}


def _operation(action: str, channel: str, service: str) -> dict[str, Any]:
    verb = "publishes" if action == "send" else "handles"
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": f"{service} {verb} it"}


def _publisher(event: type[Event]) -> str:
    """A source that is not fixed is that of whichever service asks."""
    source = event.model_fields["source"]
    return "any listener" if source.is_required() else str(source.default)


def _message(name: str, event: type[Event], schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "title": event.__name__,
        "summary": event.__doc__,
        **_content([event], MOST_EVENTS, schemas),
    }


def _webhook_message(schemas: Mapping[str, Any]) -> dict[str, Any]:
    headers = {
        name: {"type": "string", "description": description, "examples": [example], "maxLength": longest}
        for name, (description, example, longest) in _WEBHOOK_HEADERS.items()
    }
    return {
        "name": WEBHOOK,
        "title": "Alerts that are reported together",
        "summary": "What has become of each alert of a group, the event that the broker carries, or a "
        "reminder of it (`drive.alert.reminded.v1`). Or a single `drive.route.tested.v1`: somebody tests the route.",
        "headers": {"type": "object", "required": sorted(headers), "properties": headers},
        **_content(WEBHOOK_EVENTS, MOST_ALERTS, schemas),
    }


def _content(events: Sequence[type[Event]], most: int, schemas: Mapping[str, Any]) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [{"$ref": REF.format(model=event.__name__)} for event in events]
    one = kinds[0] if len(kinds) == 1 else {"oneOf": kinds}
    payload = {"type": "array", "items": one, "minItems": 1, "maxItems": most}
    example = {"name": "example", "payload": [example_of(kinds[0], schemas)]}
    return {"contentType": BATCH_CONTENT_TYPE, "payload": payload, "examples": [example]}
