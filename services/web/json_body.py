"""JSON bodies: which ones are taken, and what is wrong with the others. Every route with a body reads it by these."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from services.errors import FieldError, Invalid, Malformed
from services.web.body_values import FIRST_PART, MOST_VALUES, has_more_values
from services.web.field_errors import cut_short
from services.web.problems import UnsupportedMediaType, refusal_of_body
from services.web.repeated_names import refuse_repeated_names
from services.web.turns import LARGE_BYTES

B = TypeVar("B")

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_USUAL_TYPES: Final = frozenset({b"", b"application/json", b"application/json; charset=utf-8"})
_JSON_TYPE: Final = re.compile(r"application/(?:[\w.+-]+\+)?json", re.ASCII | re.IGNORECASE)
_PLACE: Final = re.compile(r"(?P<reason>.*) at line (?P<line>[0-9]+) column (?P<column>[0-9]+)", re.DOTALL)


@asynccontextmanager
async def json_body(request: Request, most_values: int = MOST_VALUES) -> AsyncIterator[bytes]:
    """The body as it came, without a byte order mark, to be read within the block: a large one waits for its turn.

    Raises UnsupportedMediaType where it says that it is no JSON, and what `refuse_too_many_values` raises.
    """
    raw = await _json_bytes(request)
    if len(raw) <= LARGE_BYTES:
        refuse_too_many_values(raw, most_values)
        yield raw
        return
    async with request.app.state.large_bodies.turn():
        refuse_too_many_values(raw, most_values)
        yield raw


async def _json_bytes(request: Request) -> bytes:
    for name, value in request.scope["headers"]:
        if name == b"content-type" and value not in _USUAL_TYPES:
            _refuse_other_type(value.decode("latin-1"))
        elif name == b"content-encoding":
            refuse_encoding(value.decode("latin-1"))
    return (await whole_body(request)).removeprefix(_BYTE_ORDER_MARK)


async def whole_body(request: Request) -> bytes:
    """The body as it came. Raises Malformed where it did not come to its end."""
    try:
        return await request.body()
    except ClientDisconnect:
        raise Malformed("the connection ended before the body") from None


def refuse_too_many_values(raw: bytes, most: int = MOST_VALUES) -> None:
    """Raises Invalid, or Malformed for what does not begin as JSON does; nothing of it is read but the first part."""
    if not has_more_values(raw, most):
        return
    try:
        from_json(first := raw[:FIRST_PART], allow_partial=True)
    except ValueError as error:
        raise _malformed(first, str(error)) from None
    detail = (
        f"it has more than {most:,} values, and is not read further: shorten lists, and remove fields that do not exist"
    )
    raise Invalid.field("", detail)


def parsed(raw: bytes) -> Any:
    """The value of a body. Raises Malformed, or Invalid where a name is repeated."""
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise _malformed(raw, str(error)) from None
    refuse_repeated_names(raw, value)
    return value


def validated(raw: bytes, adapter: TypeAdapter[B]) -> B:
    """The body as the adapter reads it. Raises Malformed, or Invalid with every field that is wrong."""
    try:
        value = adapter.validate_json(raw)
    except ValidationError as error:
        parsed(raw)
        raise refusal_of_body(error, adapter) from None
    refuse_repeated_names(raw, value)
    return value


def malformed_at(line: int, column: int, reason: str, pointer: str = "") -> Malformed:
    """A body that is no JSON from there on, both counted from 1; `pointer` is to the item that it is in."""
    detail = f"line {line}, column {column}: {reason}"
    return Malformed(f"{pointer or 'body'}: not valid JSON: {detail}", (FieldError(pointer, detail),))


def _malformed(raw: bytes, message: str) -> Malformed:
    if not raw.strip():
        return malformed_at(1, 1, "the body is empty")
    place = _PLACE.fullmatch(message)
    assert place  # noqa: S101 - the parser ends each of its messages so
    line, byte = int(place["line"]), int(place["column"])
    before = raw.split(b"\n")[line - 1][:byte]
    return malformed_at(line, max(1, len(before.decode(errors="replace"))), place["reason"])


def _refuse_other_type(given: str) -> None:
    kind, *parameters = given.split(";")
    if kind.strip() and not _JSON_TYPE.fullmatch(kind.strip()):
        remedy = f"send the body as application/json, not as {cut_short(kind.strip())}"
        raise UnsupportedMediaType.header("Content-Type", remedy)
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType.header(
                "Content-Type", f"send the body in UTF-8, not in {cut_short(value.strip())}"
            )


def refuse_encoding(given: str) -> None:
    """Raises UnsupportedMediaType where the header Content-Encoding says that the body is compressed."""
    if given.strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType.header(
            "Content-Encoding", f"send the body as it is, not as {cut_short(given.strip())}"
        )
