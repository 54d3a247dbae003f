"""Each service's worker handles the events that its queue is bound to, and no others."""

from __future__ import annotations

import enrolment_api.reconciliation.consumers
import notifications.worker
import targets_api.worker
from services.contracts.subscriptions import SUBSCRIPTIONS
from services.messaging.consumer import Handlers
from tests.conftest import MakeRuntime


async def handlers_of(service: str, make_runtime: MakeRuntime) -> Handlers:
    """Those that the service's worker consumes with."""
    if service == "enrolment":
        return enrolment_api.reconciliation.consumers.HANDLERS
    if service == "targets":
        return targets_api.worker.handlers(await make_runtime("targets"))
    runtime = await make_runtime("notifications")
    return notifications.worker.handlers(runtime, notifications.worker.create_sender(runtime))


async def test_the_handlers_of_each_service_are_those_of_its_subscription(make_runtime: MakeRuntime) -> None:
    handled = {service: set(await handlers_of(service, make_runtime)) for service in SUBSCRIPTIONS}
    assert handled == {service: set(events) for service, events in SUBSCRIPTIONS.items()}
