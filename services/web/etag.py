"""Entity tags (RFC 9110, section 8.8.3): an answer that has not changed is not sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from fastapi import Request, Response

_LONGEST: Final = 8000
IF_NONE_MATCH: Final[Mapping[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the answer that the client has: 304 where it has not changed",
    "schema": {"type": "string", "maxLength": _LONGEST, "examples": ['"9c1185a5c5e9fc54612808977ee8f548"']},
}
"""How the document describes what `tagged_response` reads."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A JSON body with its strong entity tag."""

    body: bytes
    etag: str


def tagged(body: bytes) -> Tagged:
    """The body with a tag that differs where any byte of it does."""
    return Tagged(body, f'"{blake2b(body, digest_size=16).hexdigest()}"')


def tagged_response(request: Request, answer: Tagged) -> Response:
    """The body, or 304 where the client has it."""
    headers = {"ETag": answer.etag, "Cache-Control": "private, no-cache"}
    known = ",".join(request.headers.getlist("if-none-match"))
    if known and len(known) <= _LONGEST and _matches(known, answer.etag):
        return Response(status_code=304, headers=headers)
    return Response(answer.body, media_type="application/json", headers=headers)


def _matches(known: str, etag: str) -> bool:
    """RFC 9110, section 13.1.2: a list of tags compared weakly, or a star. Several lines are one list (5.3)."""
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return etag in tags or tags == ["*"]
