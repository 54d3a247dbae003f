"""Routes over HTTP: who is told, and how."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from notifications.routing.schemas import RouteAnswer, RouteBody, RouteList, RouteView, SecretAnswer
from notifications.routing.usecases import PutRoute, Routing, read_routes
from services.clock import Clock
from services.persistence.database import Database
from services.security.tokens import Principal
from services.web.auth import requires

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Reader = Annotated[Principal, requires("alerts:read")]
Writer = Annotated[Principal, requires("alerts:write")]


def routing_routes(database: Database, clock: Clock, routing: Routing) -> APIRouter:
    """Put, list and delete routes."""
    router = APIRouter(prefix="/v1/routes", tags=["routes"])

    @router.put("/{name}", response_model_exclude_unset=True, responses={201: {"model": RouteAnswer}})
    async def put_route(name: Name, body: RouteBody, _: Writer, response: Response) -> RouteAnswer:
        """Make or change a route: 201 when made, with a webhook's `secret` this once; 200 when changed or the same."""
        command = PutRoute(name, body.under, body.min_severity, body.channel, body.address)
        put = await routing.put(command, clock.now())
        response.status_code = 201 if put.is_new else 200
        secret = {"secret": put.secret} if put.secret else {}
        return RouteAnswer(**RouteView.model_validate(put.row).model_dump(), **secret)

    @router.post("/{name}/secrets", status_code=201)
    async def rotate_secret(name: Name, _: Writer) -> SecretAnswer:
        """Give a webhook a new secret; for a day messages are signed with the one before, too. 409 for other routes."""
        rotated = await routing.rotate(name, clock.now())
        return SecretAnswer(secret=rotated.secret, previous_valid_until=rotated.previous_valid_until)

    @router.get("")
    async def list_routes(_: Reader) -> RouteList:
        """All routes, without their secrets."""
        async with database.read() as session:
            return RouteList(items=[RouteView.model_validate(row) for row in await read_routes(session)])

    @router.delete("/{name}", status_code=204)
    async def delete_route(name: Name, _: Writer) -> None:
        """Tell this route nothing any more; what is queued for it is given up."""
        await routing.remove(name)

    return router
