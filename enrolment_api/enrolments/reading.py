"""Reads bodies at the speed of Rust, and tells what is wrong with a bad one in words that name the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from enrolment_api.enrolments.schemas import CODE, MOST_ITEMS, VISIBLE, Batch, HealthSignUp, SignUpBody, VoluntarySignUp
from services.errors import DomainError, FieldError, Invalid
from services.web.problems import REMEDIES, Malformed, field_errors, summary

AnySignUp: TypeAlias = HealthSignUp | VoluntarySignUp

_SIGN_UP: TypeAdapter[AnySignUp] = TypeAdapter(SignUpBody)
_BATCH: TypeAdapter[Batch] = TypeAdapter(Batch)


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be taken: why, and its reference where it has one."""

    refusal: DomainError
    external_ref: str | None


def read_sign_up(raw: bytes) -> AnySignUp:
    """The sign-up in a body. Raises Malformed, or Invalid with every field that is wrong."""
    try:
        return _SIGN_UP.validate_json(raw)
    except ValidationError as error:
        raise _refusal(error) from None


def read_batch(raw: bytes) -> Sequence[AnySignUp | BadItem]:
    """The items of a body, the bad ones told apart.

    Raises Malformed or Invalid where the body as a whole is wrong.
    """
    try:
        return _BATCH.validate_json(raw).items
    except ValidationError:
        return [_read_item(item) for item in _items(raw)]


def _items(raw: bytes) -> list[object]:
    try:
        body = from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise Malformed("the body is not valid JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("items"), list):
        raise Invalid.field("/items", 'a list is expected: {"items": [...]}')
    if unknown := body.keys() - {"items"}:
        errors = tuple(FieldError(_pointer(name), REMEDIES["extra_forbidden"]) for name in sorted(unknown))
        raise Invalid(summary(errors), errors)
    items: list[object] = body["items"]
    if len(items) > MOST_ITEMS:
        raise Invalid.field("/items", f"a batch has at most {MOST_ITEMS:,} items, not {len(items):,}: split it")
    if not items:
        raise Invalid.field("/items", "a batch has at least one item")
    return items


def _read_item(item: object) -> AnySignUp | BadItem:
    try:
        return _SIGN_UP.validate_json(to_json(item))
    except ValidationError as error:
        reference = item.get("external_ref") if isinstance(item, dict) else None
        return BadItem(_refusal(error), reference[:100] if isinstance(reference, str) else None)


def _pointer(name: str) -> str:
    return field_errors([{"loc": (name,), "type": "", "msg": ""}])[0].pointer


_SCHEME_REMEDIES: Mapping[str, str] = {
    "union_tag_invalid": "expected household_health or voluntary_social",
    "union_tag_not_found": "this field is required: household_health or voluntary_social",
}
_PATTERNS: Mapping[str, str] = {
    VISIBLE: "control characters and line breaks are not allowed here",
    CODE: "a code has letters without accents, digits, dots, hyphens and underscores only",
}


def _refusal(error: ValidationError) -> Malformed | Invalid:
    found = error.errors(include_url=False, include_input=False)
    if any(e["type"] == "json_invalid" for e in found):
        return Malformed("the body is not valid JSON")
    errors = field_errors([_explained(dict(e)) for e in found], skip=1)
    return Invalid(summary(errors), errors)


def _explained(error: dict[str, Any]) -> dict[str, Any]:
    """pydantic's error in words that name the remedy; its location begins with the scheme, or is that of the scheme."""
    kind, context = error["type"], error.get("ctx", {})
    remedy = _PATTERNS.get(context.get("pattern", "")) or _SCHEME_REMEDIES.get(kind) or error["msg"]
    location = ("", "scheme") if kind.startswith("union_tag") else error["loc"]
    return {"loc": location, "type": kind, "msg": remedy}


def schema_of_sign_up() -> dict[str, Any]:
    """For OpenAPI, without references."""
    return _inlined(_SIGN_UP.json_schema())


def schema_of_batch() -> dict[str, Any]:
    """For OpenAPI, without references."""
    return _inlined(_BATCH.json_schema())


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema with its definitions put where they are used: OpenAPI keeps its own elsewhere."""
    definitions = schema.pop("$defs", {})

    def inline(node: Any) -> Any:
        if isinstance(node, list):
            return [inline(part) for part in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return inline(definitions[node["$ref"].removeprefix("#/$defs/")])
        return {key: inline(value) for key, value in node.items() if key != "discriminator"}

    inlined: dict[str, Any] = inline(schema)
    return inlined
