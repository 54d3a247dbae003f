"""Every error as problem+json (RFC 9457): the one place where an error of the domain gets its status code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.types import Scope

from services.errors import (
    Conflict,
    DomainError,
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unreadable,
)
from services.runtime import AnyRuntime
from services.shown import shown
from services.web.field_errors import MOST_ERRORS, pointer_to, refusal, shortened
from services.web.methods import allowed
from services.web.remedies import remedy_of

MEDIA_TYPE = "application/problem+json"


class MethodNotAllowed(DomainError):
    """The resource is there, and cannot be asked for this."""

    code = "method-not-allowed"
    title = "This resource does not take this method"
    remedy = "Use a method of the header `Allow`."


class TooLarge(DomainError):
    """The body is larger than this route takes."""

    code = "too-large"
    title = "The request is too large"
    remedy = "Split the body: 4 MiB at most."


class TooSlow(DomainError):
    """The request did not arrive as a whole in the time that it may take."""

    code = "too-slow"
    title = "The request came too slowly"
    remedy = "Send it again; split the body where the network is slow."


class HeadersTooLarge(DomainError):
    """There are more headers, or longer ones, than any request needs."""

    code = "headers-too-large"
    title = "The headers are too large"
    remedy = "Send up to 128 headers of up to 64 KiB in sum, trailers included."


class Internal(DomainError):
    """Something broke that nobody foresaw."""

    code = "internal"
    title = "The service failed"
    remedy = "Send it again; if it stays, report the request id of `detail`."


class UnsupportedMediaType(DomainError):
    """The body comes in a form that no route reads."""

    code = "unsupported-media-type"
    title = "The body is not sent in the form that is read here"
    remedy = "Send `Content-Type: application/json`, for a table that of CSV or XLSX, and no `Content-Encoding`."

    @classmethod
    def header(cls, name: str, remedy: str) -> UnsupportedMediaType:
        """What the header of that name says is not taken."""
        return cls(f"{name}: {remedy}", (FieldError(f"/header/{name}", remedy),))


class NotAcceptable(DomainError):
    """The answer is wanted in a form that this route does not have."""

    code = "not-acceptable"
    title = "The answer is not there in any form that `Accept` names"
    remedy = "Name one of the media types of `detail` in `Accept`, or leave the header out: then it is JSON."


class ProblemField(BaseModel):
    """One wrong field: its JSON pointer (RFC 6901) and how to correct it."""

    pointer: Annotated[
        str, shown("Where it is: a JSON pointer into the body, or `/query/NAME`", "/amount_paid", maxLength=1000)
    ]
    detail: Annotated[str, shown("What is wrong, and how to correct it", "1263600 VND are payable", maxLength=10_000)]


class Problem(BaseModel):
    """RFC 9457 problem details. What follows the last `/` of `type` is stable: match on that, not on the texts."""

    type: Annotated[
        str,
        shown(
            "Which error it is: the address of a page that says what to do",
            "https://drive.example.org/problems/wrong-amount",
            format="uri-reference",
            maxLength=2000,
        ),
    ]
    title: Annotated[
        str, shown("The same for each error of a type", "The amount paid is not the amount payable", maxLength=200)
    ]
    status: Annotated[int, shown("The HTTP status", 422, minimum=400, maximum=599, format="int32")]
    detail: Annotated[
        str, shown("What happened this time, and what to do", "1263600 VND are payable", maxLength=10_000)
    ]
    errors: Annotated[list[ProblemField], Field(json_schema_extra={"maxItems": MOST_ERRORS + 1})] = Field(
        [],
        description=f"Each field that is wrong, {MOST_ERRORS} at most; of more, a last entry says how many more",
    )


_STATUS: Mapping[type[DomainError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    NotAcceptable: 406,
    TooSlow: 408,
    Conflict: 409,
    TooLarge: 413,
    UnsupportedMediaType: 415,
    Invalid: 422,
    TooMany: 429,
    HeadersTooLarge: 431,
    Unreadable: 500,
    Internal: 500,
    Unavailable: 503,
}
_FRAMEWORK: Mapping[int, str] = {
    404: "there is nothing at this path: /docs lists what there is",
    405: "the header Allow names what can be asked for here",
}
"""Remedies in the answers to errors of the framework itself, by status."""
_KINDS: Mapping[int, type[DomainError]] = {status: kind for kind, status in _STATUS.items()}


def status_of(error: DomainError) -> int:
    """The HTTP status of an error: that of the nearest kind it descends from."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 400)


def code_of_status(status: int) -> str:
    """The code of the kind of errors that have this status."""
    return _KINDS[status].code if status in _KINDS else "other"


def base_of(request: Request) -> str:
    """What the types of problems begin with: DRIVE_PUBLIC_URL, else the address at which the server was reached.

    Never the header Host, which a client chooses.
    """
    runtime: AnyRuntime = request.app.state.runtime
    return runtime.settings.public_url or _reached_at(request.scope)


def _reached_at(scope: Scope) -> str:
    host, port = scope.get("server") or ("", None)
    if not host or host.startswith("/"):
        return ""  # a socket of Unix has no address that others could use
    name = f"[{host}]" if ":" in host else host
    return f"{scope['scheme']}://{name}{f':{port}' if port else ''}"


def type_of(code: str, base: str) -> str:
    """The type of a problem, where a page says what to do."""
    return f"{base}/problems/{code}"


def problem_of(error: DomainError, base: str) -> Problem:
    """The error as a problem document; `base` is that of the request."""
    return Problem(
        type=type_of(error.code, base),
        title=error.title,
        status=status_of(error),
        detail=error.detail,
        errors=[ProblemField(pointer=e.pointer, detail=e.detail) for e in shortened(error.errors)],
    )


def problem_response(error: DomainError, base: str) -> JSONResponse:
    """The error as an answer."""
    problem = problem_of(error, base)
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if error.was_sent else "Bearer"
    return JSONResponse(problem.model_dump(), problem.status, headers, MEDIA_TYPE)


def _detail(error: Mapping[str, Any]) -> str:
    return remedy_of(error["type"], error["msg"], error.get("ctx", {}))


def install_problems(app: FastAPI) -> None:
    """Answer every error of an app in this one way, FastAPI's own included."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_domain_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for DomainError only
    request.state.problem = error.code  # for the log and the metrics
    return problem_response(error, base_of(request))


async def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    invalid = refusal(
        Invalid,
        error.errors(),
        lambda e: FieldError(pointer_to(e["loc"][1:] if e["loc"][0] == "body" else e["loc"]), _detail(e)),
    )
    return problem_response(invalid, base_of(request))


def refusal_of_body(error: ValidationError, adapter: TypeAdapter[Any]) -> Invalid:
    """Every field that is wrong in a body, which is JSON, as the adapter found it."""
    found = error.errors(include_url=False, include_input=False)
    # Within a tagged union each location begins with the tag.
    tagged = adapter.core_schema["type"] == "tagged-union"
    return refusal(Invalid, found, lambda e: FieldError(pointer_to(_untagged(e, tagged)), _detail(e)))


def _untagged(error: ErrorDetails, tagged: bool) -> tuple[int | str, ...]:
    if error["type"].startswith("union_tag"):
        return (*error["loc"], str(error.get("ctx", {}).get("discriminator", "")).strip("'"))
    return error["loc"][1:] if tagged else error["loc"]


def refusal_of_header(error: ValidationError) -> Malformed:
    """What is wrong with the headers of a request."""
    found = error.errors(include_url=False)
    return refusal(Malformed, found, lambda e: FieldError(pointer_to(("header", *e["loc"])), _detail(e)))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    kind = _KINDS.get(error.status_code)
    problem = Problem(
        type=type_of(kind.code, base_of(request)) if kind else "about:blank",
        title=kind.title if kind else str(error.detail),
        status=error.status_code,
        detail=_FRAMEWORK.get(error.status_code, str(error.detail)),
    )
    # The framework names the methods of one route; a path may have several.
    headers = {"Allow": allowed(request)} if error.status_code == 405 else error.headers
    return JSONResponse(problem.model_dump(), error.status_code, headers, MEDIA_TYPE)
