"""Routes over HTTP: where notifications are sent."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Path, Request

from notifications.access import RouteReader, RouteWriter
from notifications.domain.receiver import UNKNOWN
from notifications.domain.route import JustTested, NoSuchRoute, NotAWebhook
from notifications.routing import usecases
from notifications.routing.queries import all_routes
from notifications.routing.receivers.queries import known_receivers
from notifications.routing.schemas import ListedRoute, RouteList, RouteTestView, SecretAnswer
from notifications.routing.secrets import RouteSecrets
from notifications.routing.trials import RouteTester, begin_test
from services.clock import told_later
from services.web.answers import refuses
from services.web.fields import Code
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)


def _route_secrets(request: Request) -> RouteSecrets:
    secrets: RouteSecrets = request.app.state.route_secrets
    return secrets


def _route_tester(request: Request) -> RouteTester:
    tester: RouteTester = request.app.state.route_tester
    return tester


RouteName: TypeAlias = Annotated[Code, Path(description="Name of the route", examples=["ops-hook"])]
Secrets: TypeAlias = Annotated[RouteSecrets, Depends(_route_secrets)]
Tester: TypeAlias = Annotated[RouteTester, Depends(_route_tester)]


@router.post("/{name}/secrets", status_code=201, responses=refuses(NoSuchRoute, NotAWebhook))
async def rotate_secret(name: RouteName, _: RouteWriter, secrets: Secrets, request: Request) -> SecretAnswer:
    """Give a webhook a new secret; for a day messages are signed with the one before, too. 409 for other routes."""
    async with act(request) as (work, context):
        rotated = await usecases.rotate_secret(work, context, name, secrets)
    return SecretAnswer(secret=rotated.secret, previous_valid_until=rotated.previous_valid_until + context.told_later)


@router.post("/{name}/test", responses=refuses(NoSuchRoute, JustTested))
async def send_test(name: RouteName, actor: RouteWriter, tester: Tester, request: Request) -> RouteTestView:
    """Send one test message now, by the channel of the route, and say what became of it. It is not repeated, tells of
    no alert, and changes nothing of the route or its receiver. Once in ten seconds for a route."""
    async with act(request) as (work, context):
        route, message = await begin_test(work, context, name)
    outcome = await tester.send(message, by=actor)  # no transaction is open meanwhile
    return RouteTestView.of(route, message.id, outcome)


@router.get("")
async def list_routes(_: RouteReader, request: Request) -> RouteList:
    """All routes, without their secrets, and whether messages arrive there."""
    clock = request.app.state.runtime.clock
    now, later = clock.now(), told_later(clock)
    async with read(request) as session:
        rows, known = await all_routes(session), await known_receivers(session)
    return RouteList(items=[ListedRoute.of(row, known.get(row.name, UNKNOWN), now, later) for row in rows])
