"""Every error as problem+json (RFC 9457): the one place where an error of the domain gets its status code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from services.errors import (
    Conflict,
    DomainError,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"


class Malformed(DomainError):
    """The body or a header cannot be read at all."""

    code = "malformed"
    title = "The request cannot be read"


class MethodNotAllowed(DomainError):
    """The resource is there, and cannot be asked for this."""

    code = "method-not-allowed"
    title = "This resource does not take this method"


class TooLarge(DomainError):
    """The body is larger than this route takes."""

    code = "too-large"
    title = "The request is too large"


class ProblemField(BaseModel):
    """One wrong field: its JSON pointer (RFC 6901) and what would mend it."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details. `type` is stable: match on it, not on the words."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField] = []


_STATUS: Mapping[type[DomainError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    TooLarge: 413,
    Invalid: 422,
    Unavailable: 503,
}
REMEDIES: Mapping[str, str] = {
    "extra_forbidden": "there is no such field here: remove it",
    "missing": "this field is required",
    "model_attributes_type": "a JSON object is expected",
    "model_type": "a JSON object is expected",
    "dict_type": "a JSON object is expected",
    "int_type": "a whole number is expected, without quotes or decimals",
    "string_type": "a text is expected, in quotes",
    "date_type": "a date is expected, such as 2025-10-25",
    "date_parsing": "a date is expected, such as 2025-10-25",
    "date_from_datetime_parsing": "a date is expected, such as 2025-10-25",
    "date_from_datetime_inexact": "a date is expected, without a time",
}
"""What mends a wrong field, by pydantic's name for what is wrong, where its own words do not say so."""
_FRAMEWORK: Mapping[int, str] = {
    404: "there is nothing at this path: /docs tells what there is",
    405: "the header Allow names what can be asked for here",
}
_KINDS: Mapping[int, type[DomainError]] = {status: kind for kind, status in _STATUS.items()}
"""The framework's own errors are told as the domain's are."""


def status_of(error: DomainError) -> int:
    """The HTTP status of an error: that of the nearest kind it descends from."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 400)


def problem_of(error: DomainError) -> Problem:
    """The error as it is told to a caller."""
    return Problem(
        type=f"urn:drive:problem:{error.code}",
        title=error.title,
        status=status_of(error),
        detail=error.detail,
        errors=[ProblemField(pointer=e.pointer, detail=e.detail) for e in error.errors],
    )


def problem_response(error: DomainError) -> JSONResponse:
    """The error as an answer."""
    problem = problem_of(error)
    headers = {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return JSONResponse(problem.model_dump(), problem.status, headers, MEDIA_TYPE)


def field_errors(errors: Iterable[Mapping[str, Any]], *, skip: int = 0) -> tuple[FieldError, ...]:
    """pydantic's errors as field errors; `skip` drops leading parts of each location."""
    return tuple(FieldError(_pointer(error["loc"][skip:]), _detail(error)) for error in errors)


def _pointer(location: Iterable[str | int]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _detail(error: Mapping[str, Any]) -> str:
    return REMEDIES.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")


def install_problems(app: FastAPI) -> None:
    """Answer every error of an app in this one way, FastAPI's own included."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_domain_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)  # noqa: S101 - tells the type checker what the registration says
    return problem_response(error)


async def _on_validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return problem_response(Malformed("the body is not valid JSON"))
    errors = tuple(
        FieldError(_pointer(e["loc"][1:] if e["loc"][0] == "body" else e["loc"]), _detail(e)) for e in error.errors()
    )
    return problem_response(Invalid(summary(errors), errors))


def summary(errors: tuple[FieldError, ...]) -> str:
    """One sentence for many fields."""
    return "; ".join(f"{e.pointer or 'body'}: {e.detail}" for e in errors[:5])


async def _on_http_exception(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    kind = _KINDS.get(error.status_code)
    problem = Problem(
        type=f"urn:drive:problem:{kind.code if kind else 'http-error'}",
        title=kind.title if kind else str(error.detail),
        status=error.status_code,
        detail=_FRAMEWORK.get(error.status_code, str(error.detail)),
    )
    return JSONResponse(problem.model_dump(), error.status_code, error.headers, MEDIA_TYPE)
