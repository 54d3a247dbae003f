"""Entity tags (RFC 9110, section 8.8.3): an answer that has not changed is not sent again.

Every GET that answers JSON is tagged by `StrictRoute`; hot routes, and those that answer text, do it themselves. Health
is not tagged: it is of now.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from fastapi import Request, Response

from services.errors import FieldError, Malformed
from services.web.answers import sends

_LONGEST: Final = 8000
IF_NONE_MATCH: Final[Mapping[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the answer that the client has: 304 where it has not changed",
    "schema": {"type": "string", "maxLength": _LONGEST, "examples": ['"9c1185a5c5e9fc54612808977ee8f548"']},
}
"""How the document describes what is read of a request."""
_JSON: Final = "application/json"
NOT_SHARED: Final = "private, no-cache"
"""The client may keep the answer, and asks each time whether it still holds (RFC 9111, 5.2.2)."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A JSON body with its strong entity tag."""

    body: bytes
    etag: str


def tagged(body: bytes) -> Tagged:
    """The body with a tag that differs where any byte of it does."""
    return Tagged(body, f'"{blake2b(body, digest_size=16).hexdigest()}"')


def tagged_response(request: Request, answer: Tagged, media_type: str = _JSON) -> Response:
    """The body, or 304 where the client has it."""
    headers = {"ETag": answer.etag, "Cache-Control": NOT_SHARED}
    if is_known(request, answer.etag):
        return Response(status_code=304, headers=headers)
    return Response(answer.body, media_type=media_type, headers=headers)


def with_tag(request: Request, response: Response, cache_control: str) -> Response:
    """A response that is JSON, with its tag, or 304 where the client has it; any other response as it is."""
    body = getattr(response, "body", None)
    if response.status_code != 200 or response.media_type != _JSON or not isinstance(body, bytes):
        return response
    answer = tagged(body)
    response.headers.update({"ETag": answer.etag, "Cache-Control": cache_control})
    if not is_known(request, answer.etag):
        return response
    kept = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
    return Response(status_code=304, headers=kept, background=response.background)


def document_tag(operation: dict[str, Any]) -> None:
    """Complete what the document says of a GET that answers JSON, or text."""
    answers = operation["responses"]
    if answers.get("200", {}).get("content", {}).keys().isdisjoint((_JSON, "text/plain")):
        return
    operation["parameters"] = [*operation.get("parameters", ()), copy.deepcopy(IF_NONE_MATCH)]
    headers = {**answers["200"].get("headers", {}), **sends("ETag")["headers"]}
    kept = sends("ETag", *({"Vary"} & headers.keys()))
    answers |= {"200": {**answers["200"], "headers": headers}, "304": {"description": "Not changed", **kept}}


def is_known(request: Request, etag: str) -> bool:
    """Whether the client has the answer of this tag. Raises Malformed."""
    known = ",".join(request.headers.getlist("if-none-match"))
    if len(known) > _LONGEST:
        remedy = f"up to {_LONGEST:,} characters are read: name fewer tags"
        raise Malformed(f"If-None-Match: {remedy}", (FieldError("/header/If-None-Match", remedy),))
    return bool(known) and _matches(known, etag)


def _matches(known: str, etag: str) -> bool:
    """RFC 9110, section 13.1.2: a list of tags compared weakly, or a star. Several lines are one list (5.3)."""
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return etag in tags or tags == ["*"]
