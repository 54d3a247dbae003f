"""What belongs to one organisation, in each of the three services, for tests of what another one learns of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx
from fastapi import FastAPI

from drive.hosting.services import SERVICES, ServiceName, create_app
from services.runtime import Runtime
from tests.architecture.api import Api
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.enrolment_api.conftest import COLLECTORS, LAUNCH_DAY, UNITS, a_sign_up, post
from tests.notifications.service import UNITS as OF_ALERTS
from tests.notifications.service import NotificationsService, a_unit, an_episode
from tests.openapi.documents import document_of
from tests.support.clock import SettableClock
from tests.support.runtime import TestRuntime
from tests.targets_api.builders import LAUNCH, TargetsService, a_collector, a_registry

PARTNER: Final = (
    "enrolments:read enrolments:write participants:read outreach:read outreach:write progress:own alerts:own"
)
"""All that the token of a partner may grant; each service knows some of it."""
NOBODYS_ID: Final = "01000000-0000-7000-8000-000000000001"
NOBODYS_CODE: Final = "XX-99"
__all__ = ["NOBODYS_CODE", "NOBODYS_ID", "PARTNER", "SERVICES", "World", "a_world"]


@dataclass
class World:
    """A service in which the post office CT has something of each kind. `stranger` is a client of NL, another one.

    `foreign` names what is of CT, by the parameters that take its ids and codes; `path of the route parameter` where
    the parameter has another meaning on some route.
    """

    api: Api
    stranger: httpx.AsyncClient
    runtime: Runtime[Any]
    foreign: Mapping[str, str]

    def value(self, path: str, parameter: str, *, known: bool) -> str | None:
        """What the parameter names on that path: CT's, or nobody's; None where it names nothing of an organisation."""
        its = self.foreign.get(f"{path} {parameter}", self.foreign.get(parameter))
        if its is None or known:
            return its
        return NOBODYS_ID if _is_id(its) else NOBODYS_CODE


async def a_world(service: ServiceName, make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor) -> World:
    """The service with what is CT's."""
    make = {"enrolment": _enrolment, "targets": _targets, "notifications": _notifications}[service]
    runtime, app, agency, foreign = await make(make_runtime, client_for, token_for)
    stranger = await client_for(app, token_for(runtime, org="NL", scope=PARTNER))
    api = Api(document_of(service), agency, lambda scope: token_for(runtime, scope=scope))
    return World(api, stranger, runtime, foreign)


_Made = tuple[Runtime[Any], FastAPI, httpx.AsyncClient, dict[str, str]]


async def _enrolment(make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor) -> _Made:
    runtime = await make_runtime("enrolment", today=LAUNCH_DAY)
    app = create_app(runtime)
    agency = await client_for(app, token_for(runtime, org="OPS"))
    for code, name, level, parent in UNITS:
        await agency.put(f"/v1/units/{code}", json={"name": name, "level": level, "parent_code": parent})
    for code, organisation in COLLECTORS:
        await agency.put(f"/v1/organisations/{organisation}", json={"name": f"Bưu điện {organisation}"})
        await agency.put(f"/v1/collectors/{code}", json={"name": "Lê Thị B", "organisation_code": organisation})
    ct = await client_for(app, token_for(runtime, org="CT", scope=PARTNER))
    enrolment_id = (await post(ct, a_sign_up(1))).json()["id"]
    foreign = {
        "enrolment_id": enrolment_id,
        "/v1/collectors/{code} code": "CT-07",
        "organisation_code": "CT",
        "collector_code": "CT-07",
        "external_ref": "CT-0001",
    }
    return runtime, app, agency, foreign


async def _targets(make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor) -> _Made:
    runtime: TestRuntime = await make_runtime("targets", today=LAUNCH)
    app = create_app(runtime)
    agency = await client_for(app, token_for(runtime, org="OPS"))
    service = TargetsService(runtime, agency)
    await service.handle(a_registry())
    await service.handle([a_collector("NL-01", "NL")])
    target = await service.target(scope={"organisation_code": "CT"})
    foreign = {
        "target_id": target["id"],
        "/v1/progress/organisations/{code} code": "CT",
        "/v1/progress/collectors/{code} code": "CT-07",
        "/v1/progress/organisations/{code}/series code": "CT",
        "/v1/progress/organisations/{code}/pace code": "CT",
        "/v1/progress/organisations/{code}/organisations code": "CT",
        "/v1/progress/organisations/{code}/collectors code": "CT",
        "/v1/progress/collectors/{code}/pace code": "CT-07",
        "/v1/progress/collectors/{code}/series code": "CT-07",
        "organisation_code": "CT",
        "collector_code": "CT-07",
    }
    return runtime, app, agency, foreign


async def _notifications(make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor) -> _Made:
    given = await make_runtime("notifications", group_wait_seconds=0, group_interval_seconds=0)
    clock = SettableClock(datetime.now(UTC))
    runtime = Runtime(given.settings, clock, given.database, given.tokens, given.metrics)
    app = create_app(runtime)
    token = runtime.tokens.issue("OPS", frozenset({"admin"}), clock.now(), timedelta(hours=1))
    agency = await client_for(app, token)
    service = NotificationsService(runtime, clock, app, agency)
    await service.register(*map(a_unit, OF_ALERTS))
    await service.put_route("ops", "ops@example.org")
    await service.handle(an_episode(organisations=("CT",)).fell_behind())
    [alert], [delivery] = await service.alerts(), await service.deliveries()
    return runtime, app, agency, {"alert_id": alert["id"], "delivery_id": delivery["id"]}


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
