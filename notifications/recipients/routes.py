"""Putting routes over HTTP, and why they are notified of an alert."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from notifications.access import RouteReader, RouteWriter
from notifications.channels.registry import CHANNELS, carries_digests, missing_of, repeats_of_state, shown_address
from notifications.domain.alert import NoSuchAlert
from notifications.domain.reminder import Intervals
from notifications.domain.route import ChannelNotSetUp, NoSuchRoute, RouteInUse
from notifications.recipients import usecases
from notifications.recipients.queries import explain_alert
from notifications.recipients.schemas import ExplanationQuery, ExplanationView
from notifications.routing.routes import RouteName, Secrets
from notifications.routing.schemas import RouteAnswer, RouteBody, RouteView
from notifications.routing.usecases import PutRoute
from services.errors import NotKnownYet, Unreadable
from services.web.answers import refuses
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read, request_context

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)


@router.put(
    "/{name}",
    response_model_exclude_unset=True,
    responses={201: {"model": RouteAnswer}, **refuses(NotKnownYet, ChannelNotSetUp, RouteInUse)},
)
async def put_route(
    name: RouteName, body: RouteBody, _: RouteWriter, secrets: Secrets, request: Request, response: Response
) -> RouteAnswer:
    """Make or change a route: 201 when made, with a webhook's `secret` this once; 200 when changed or the same. It is
    told of the unresolved alerts that it is to be notified of and was not told of. 409 where digests go to it, and its
    channel is to be one that carries none."""
    settings = request.app.state.runtime.settings
    if missing := missing_of(body.channel, settings):
        raise ChannelNotSetUp(missing)
    await CHANNELS[body.channel].check_address(body.address, settings)  # may look up a host: no transaction yet
    shown = shown_address(body.channel, body.address)
    hours = body.hours and body.hours.model_dump(by_alias=True)
    command = PutRoute(name, **{**dict(body), "hours": hours, "address": shown or body.address})
    terms = {"group_wait": settings.terms.group_wait, "carries_digests": carries_digests(body.channel)}
    async with act(request) as (work, context):
        put = await usecases.put_route(work, context, command, secrets, **terms, hidden=body.address if shown else None)
    response.status_code = 201 if put.is_new else 200
    secret = {"secret": put.secret} if put.secret else {}
    return RouteAnswer.model_validate(RouteView.model_validate(put.row).model_dump() | secret)


@router.get("/explanation", responses=refuses(NoSuchAlert, Unreadable))
async def explain_routes(
    _: RouteReader, wanted: Annotated[ExplanationQuery, Query()], request: Request
) -> ExplanationView:
    """Which routes are notified of an alert as it stands, when, why the others are not, and what each was told."""
    context = request_context(request)
    intervals = Intervals(request.app.state.runtime.settings.terms.repeat, repeats_of_state())
    async with read(request) as session:
        alert, routes = await explain_alert(session, wanted.alert_id, context, intervals)
    return ExplanationView.of(alert, routes, context.told_later)


@router.delete("/{name}", status_code=204, responses=refuses(NoSuchRoute, RouteInUse))
async def delete_route(name: RouteName, _: RouteWriter, request: Request) -> None:
    """Send nothing to this route any more; what is queued for it is given up. 409 where a chain of
    escalation or a digest names it."""
    async with act(request) as (work, context):
        await usecases.remove_route(work, context, name)
