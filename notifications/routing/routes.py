"""Routes over HTTP: where notifications are sent."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Path, Request, Response

from notifications.access import RouteReader, RouteWriter
from notifications.channels.registry import CHANNELS, missing_of, shown_address
from notifications.domain.receiver import UNKNOWN
from notifications.domain.route import ChannelNotSetUp, NoSuchRoute, NotAWebhook
from notifications.routing import usecases
from notifications.routing.queries import all_routes
from notifications.routing.receivers.queries import known_receivers
from notifications.routing.schemas import ListedRoute, RouteAnswer, RouteBody, RouteList, RouteView, SecretAnswer
from notifications.routing.secrets import RouteSecrets
from notifications.routing.usecases import PutRoute
from services.errors import NotKnownYet
from services.web.answers import refuses
from services.web.fields import Code
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)


def _route_secrets(request: Request) -> RouteSecrets:
    secrets: RouteSecrets = request.app.state.route_secrets
    return secrets


RouteName: TypeAlias = Annotated[Code, Path(description="Name of the route", examples=["ops-hook"])]
Secrets: TypeAlias = Annotated[RouteSecrets, Depends(_route_secrets)]


@router.put(
    "/{name}",
    response_model_exclude_unset=True,
    responses={201: {"model": RouteAnswer}, **refuses(NotKnownYet, ChannelNotSetUp)},
)
async def put_route(
    name: RouteName, body: RouteBody, _: RouteWriter, secrets: Secrets, request: Request, response: Response
) -> RouteAnswer:
    """Make or change a route: 201 when made, with a webhook's `secret` this once; 200 when changed or the same."""
    settings = request.app.state.runtime.settings
    if missing := missing_of(body.channel, settings):
        raise ChannelNotSetUp(missing)
    await CHANNELS[body.channel].check_address(body.address, settings)  # may look up a host: no transaction yet
    shown = shown_address(body.channel, body.address)
    hours = body.hours and body.hours.model_dump(by_alias=True)
    command = PutRoute(name, **{**dict(body), "hours": hours, "address": shown or body.address})
    async with act(request) as (work, context):
        put = await usecases.put_route(work, context, command, secrets, hidden=body.address if shown else None)
    response.status_code = 201 if put.is_new else 200
    secret = {"secret": put.secret} if put.secret else {}
    return RouteAnswer.model_validate(RouteView.model_validate(put.row).model_dump() | secret)


@router.post("/{name}/secrets", status_code=201, responses=refuses(NoSuchRoute, NotAWebhook))
async def rotate_secret(name: RouteName, _: RouteWriter, secrets: Secrets, request: Request) -> SecretAnswer:
    """Give a webhook a new secret; for a day messages are signed with the one before, too. 409 for other routes."""
    async with act(request) as (work, context):
        rotated = await usecases.rotate_secret(work, context, name, secrets)
    return SecretAnswer(secret=rotated.secret, previous_valid_until=rotated.previous_valid_until)


@router.get("")
async def list_routes(_: RouteReader, request: Request) -> RouteList:
    """All routes, without their secrets, and whether messages arrive there."""
    now = request.app.state.runtime.clock.now()
    async with read(request) as session:
        rows, known = await all_routes(session), await known_receivers(session)
    return RouteList(items=[ListedRoute.of(row, known.get(row.name, UNKNOWN), now) for row in rows])


@router.delete("/{name}", status_code=204, responses=refuses(NoSuchRoute))
async def delete_route(name: RouteName, _: RouteWriter, request: Request) -> None:
    """Send nothing to this route any more; what is queued for it is given up."""
    async with act(request) as (work, context):
        await usecases.remove_route(work, context, name)
