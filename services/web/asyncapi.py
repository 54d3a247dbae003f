"""The AsyncAPI document of all events, beside the OpenAPI document of each service."""

from __future__ import annotations

from functools import cache
from typing import Final

from fastapi import APIRouter, Request, Response

from services.asyncapi.document import printed
from services.web.etag import Tagged, tagged, tagged_response

asyncapi_router: Final = APIRouter(include_in_schema=False)
"""It needs no token, as the OpenAPI document."""


@asyncapi_router.get("/asyncapi.json")
async def get_asyncapi(request: Request) -> Response:
    """The same at every service: events are of all of them."""
    return tagged_response(request, _document())


@cache
def _document() -> Tagged:
    return tagged(printed().encode())
