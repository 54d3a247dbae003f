"""The three services by name: where their app, worker and schema are made.

A process loads the packages of its own service only, to start in half the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from fastapi import FastAPI

    from services.messaging.broker import Broker
    from services.persistence.schema import Schema
    from services.runtime import AnyRuntime
    from services.worker import Worker

ServiceName: TypeAlias = Literal["enrolment", "targets", "notifications"]
SERVICES: Final[tuple[ServiceName, ...]] = ("enrolment", "targets", "notifications")
"""In the order in which events flow."""
PACKAGES: Final[Mapping[str, str]] = {
    "enrolment": "enrolment_api",
    "targets": "targets_api",
    "notifications": "notifications",
}


def create_app(runtime: AnyRuntime) -> FastAPI:
    """The HTTP app of the runtime's service."""
    make: Callable[[AnyRuntime], FastAPI] = _of(runtime.service, "main").create_app
    return make(runtime)


def create_worker(runtime: AnyRuntime, broker: Broker) -> Worker:
    """The worker of the runtime's service."""
    make: Callable[[AnyRuntime, Broker], Worker] = _of(runtime.service, "worker").create_worker
    return make(runtime, broker)


def schema_of(service: str) -> Schema:
    """What the service expects of its database."""
    schema: Schema = _of(service, "tables").SCHEMA
    return schema


def known_scopes() -> frozenset[str]:
    """Every scope that a token may grant."""
    return frozenset().union(*(_of(service, "scopes").SCOPES for service in SERVICES))


def _of(service: str, module: str) -> Any:
    return import_module(f"{PACKAGES[service]}.{module}")
