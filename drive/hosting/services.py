"""Where each service's app and worker are made. A process loads its own service only, to start in half the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from fastapi import FastAPI

from services.messaging.broker import Broker
from services.runtime import Runtime
from services.settings import ServiceName
from services.worker import Worker

_PACKAGES: Final[Mapping[ServiceName, str]] = {
    "enrolment": "enrolment_api",
    "targets": "targets_api",
    "notifications": "notifications",
}
PORT_SETTINGS: Final[Mapping[ServiceName, str]] = {
    "enrolment": "ENROLMENT_API_PORT",
    "targets": "TARGETS_API_PORT",
    "notifications": "NOTIFICATIONS_PORT",
}
WORKER_PORT_SETTINGS: Final[Mapping[ServiceName, str]] = {
    "enrolment": "ENROLMENT_WORKER_PORT",
    "targets": "TARGETS_WORKER_PORT",
    "notifications": "NOTIFICATIONS_WORKER_PORT",
}


def create_app(runtime: Runtime) -> FastAPI:
    """The HTTP app of the runtime's service."""
    make: Callable[[Runtime], FastAPI] = import_module(f"{_PACKAGES[runtime.service]}.main").create_app
    return make(runtime)


def create_worker(runtime: Runtime, broker: Broker) -> Worker:
    """The worker of the runtime's service."""
    make: Callable[[Runtime, Broker], Worker] = import_module(f"{_PACKAGES[runtime.service]}.worker").create_worker
    return make(runtime, broker)
