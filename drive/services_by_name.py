"""Where each service's app and worker are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import enrolment_api.main
import enrolment_api.worker
import notifications.main
import notifications.worker
import targets_api.main
import targets_api.worker
from fastapi import FastAPI

from services.messaging.broker import Broker
from services.runtime import Runtime
from services.settings import ServiceName
from services.worker import Worker

APPS: Final[Mapping[ServiceName, Callable[[Runtime], FastAPI]]] = {
    "enrolment": enrolment_api.main.create_app,
    "targets": targets_api.main.create_app,
    "notifications": notifications.main.create_app,
}
WORKERS: Final[Mapping[ServiceName, Callable[[Runtime, Broker], Worker]]] = {
    "enrolment": enrolment_api.worker.create_worker,
    "targets": targets_api.worker.create_worker,
    "notifications": notifications.worker.create_worker,
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
