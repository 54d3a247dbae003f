"""What a route documents of its answers beside their bodies: headers, and the errors of the domain.

@router.post("/targets", responses={201: sends("Location"), **refuses(InvalidTarget, TargetDiffers)})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.errors import DomainError, Forbidden, Invalid, Malformed, NotMigrated, Unauthenticated, Unavailable
from services.web.problems import (
    MEDIA_TYPE,
    HeadersTooLarge,
    Internal,
    Problem,
    TooLarge,
    TooSlow,
    UnsupportedMediaType,
    problem_of,
    status_of,
)

KINDS: Final = "x-problems"
"""Where an answer carries the codes of its errors; it stays in the document, for programs."""


def _header(description: str, example: object, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "schema": {**schema, "examples": [example]}}


HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "X-Request-Id": _header(
        "The id of the request: that which it came with, else a new one",
        "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01",
        {"type": "string", "pattern": "^[A-Za-z0-9._-]+$", "maxLength": 64},
    ),
    "RateLimit": _header(
        "How many requests are left (draft-ietf-httpapi-ratelimit-headers). Left out where requests are not limited",
        '"default";r=50;t=30',
        {"type": "string", "maxLength": 200},
    ),
    "Access-Control-Allow-Origin": _header(
        "The origin whose pages may read the answer in a browser. Left out where there is none but the service's own",
        "https://dashboards.example.org",
        {"type": "string", "maxLength": 2000},
    ),
    "Location": _header(
        "Where it is found from now on",
        "/v1/targets/0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01",
        {"type": "string", "format": "uri-reference", "maxLength": 2000},
    ),
    "ETag": _header(
        "Changes with the body. Send it as `If-None-Match` to get the body only where it has changed",
        '"9c1185a5c5e9fc54612808977ee8f548"',
        {"type": "string", "maxLength": 100},
    ),
    "Vary": _header(
        "By which header of the request the form of the answer was chosen",
        "Accept",
        {"type": "string", "maxLength": 100},
    ),
    "Content-Disposition": _header(
        "The name of the file, where the answer is one",
        'attachment; filename="targets_2025-10-25.csv"',
        {"type": "string", "maxLength": 300},
    ),
    "Idempotent-Replayed": _header(
        "`true` where the answer is that of an earlier request", "true", {"type": "string", "const": "true"}
    ),
    "Retry-After": _header(
        "After how many seconds to send the same request again",
        2,
        {"type": "integer", "format": "int32", "minimum": 1, "maximum": 86400},
    ),
    "WWW-Authenticate": _header(
        "How to authenticate (RFC 6750)", 'Bearer error="invalid_token"', {"type": "string", "maxLength": 200}
    ),
}
"""Every header that an answer may have and a client may want."""
_EVERYWHERE: Final = ("X-Request-Id", "RateLimit", "Access-Control-Allow-Origin")
_OF_STATUS: Final[Mapping[int, str]] = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}

COMMON: Final[tuple[type[DomainError], ...]] = (
    Malformed,
    Unauthenticated,
    Forbidden,
    TooSlow,
    TooLarge,
    Invalid,
    HeadersTooLarge,
    Internal,
    Unavailable,
    NotMigrated,
)
"""What any operation may answer."""
OF_TOKENS: Final[tuple[type[DomainError], ...]] = (Unauthenticated, Forbidden)
"""What of that an operation that needs no token does not answer."""
WITH_BODY: Final[tuple[type[DomainError], ...]] = (UnsupportedMediaType,)
"""What one that takes a body may answer, too."""


def sends(*headers: str) -> dict[str, Any]:
    """The part of an answer that documents these headers."""
    return {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers}}


def refuses(*kinds: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that are these errors, by status; those of COMMON need not be named."""
    return {
        status: problem_answer(status, [kind for kind in kinds if _status(kind) == status])
        for status in sorted(map(_status, kinds))
    }


def refuses_items(*kinds: type[DomainError]) -> dict[str, Any]:
    """The part of an answer that documents what may become of its items, each of which has a problem of its own."""
    return {KINDS: [kind.code for kind in kinds]}


def common_answers(*, with_body: bool, is_public: bool) -> dict[str, dict[str, Any]]:
    """What any operation may answer, by status, with a body or without; a public one asks for no token."""
    kinds = [*COMMON, *WITH_BODY] if with_body else [*COMMON]
    kinds = [kind for kind in kinds if not (is_public and kind in OF_TOKENS)]
    answers = {str(status): answer for status, answer in refuses(*kinds).items()}
    return answers | {"429": _limited()}


def with_common_headers(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with the headers that every answer may have."""
    return {**answer, "headers": {**sends(*_EVERYWHERE)["headers"], **answer.get("headers", {})}}


def joined(answer: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """One answer with the errors of both."""
    examples = _examples(answer) | _examples(more)
    content = {MEDIA_TYPE: {**answer["content"][MEDIA_TYPE], "examples": examples}}
    description = f"{answer['description']}\n\n{more['description']}"
    return {**answer, "description": description, KINDS: list(examples), "content": content}


def problem_answer(status: int, kinds: list[type[DomainError]]) -> dict[str, Any]:
    """An answer that is one of these errors."""
    examples = {kind.code: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    return {
        "description": "\n\n".join(f"`{kind.code}`: {kind.title}. {kind.remedy}" for kind in kinds),
        KINDS: list(examples),
        **sends(*_headers_of(status, kinds)),
        "content": _content(examples),
    }


def _headers_of(status: int, kinds: Iterable[type[DomainError]]) -> set[str]:
    may_repeat = {"Retry-After"} if any(kind.retry_after for kind in kinds) else set()
    return may_repeat | ({_OF_STATUS[status]} if status in _OF_STATUS else set())


def _limited() -> dict[str, Any]:
    value = Problem(type="about:blank", title="Too Many Requests", status=429, detail="send it again in 2 s")
    examples = {"about:blank": {"summary": value.title, "value": value.model_dump()}}
    return {
        "description": "Too many requests, where a proxy before the service limits them: send the same request again "
        "after `Retry-After` seconds",
        **sends("Retry-After"),
        "content": _content(examples),
    }


def _content(examples: Mapping[str, Any]) -> dict[str, Any]:
    return {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": dict(examples)}}


def _examples(answer: Mapping[str, Any]) -> dict[str, Any]:
    return dict(answer["content"][MEDIA_TYPE]["examples"])


def _example(kind: type[DomainError]) -> dict[str, Any]:
    error = kind.__new__(kind)
    DomainError.__init__(error, kind.remedy)
    return problem_of(error, "").model_dump()


def _status(kind: type[DomainError]) -> int:
    return status_of(kind.__new__(kind))
