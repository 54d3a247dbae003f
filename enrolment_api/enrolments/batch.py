"""Batches: read item by item, so that a bad one does not affect the others, and answered in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from enrolment_api.enrolments.enrolment_view import warnings_of
from enrolment_api.enrolments.outcomes import Outcome, Replayed
from enrolment_api.enrolments.schemas import MOST_ITEMS, BatchAnswer, BatchBody, BatchItem
from enrolment_api.enrolments.sign_up_body import AnySignUp, SignUpBody
from services.errors import DomainError, FieldError, Invalid
from services.web.problems import Malformed, pointer_to, problem_of, refusal_of_body, summary
from services.web.remedies import REMEDIES

SIGN_UP: Final[TypeAdapter[AnySignUp]] = TypeAdapter(SignUpBody)
BATCH: Final[TypeAdapter[BatchBody]] = TypeAdapter(BatchBody)


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be accepted: why, and its reference where it has one."""

    refusal: DomainError
    external_ref: str | None


def read_batch(raw: bytes) -> Sequence[AnySignUp | BadItem]:
    """The items of a body, bad ones among them. Raises Malformed or Invalid where the body as a whole is wrong."""
    try:
        return BATCH.validate_json(raw).items
    except ValidationError:
        return [_read_item(item) for item in _items(raw)]


def answer_of(items: Sequence[AnySignUp | BadItem], outcomes: Iterator[Outcome]) -> BatchAnswer:
    """The answer to a batch; `outcomes` are those of the items that are not bad, in their order."""
    return BatchAnswer(
        items=[
            _refused(n, item.external_ref, item.refusal)
            if isinstance(item, BadItem)
            else _item(n, item.external_ref, next(outcomes))
            for n, item in enumerate(items)
        ]
    )


def _items(raw: bytes) -> list[object]:
    try:
        body = from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise Malformed("the body is not valid JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("items"), list):
        raise Invalid.field("/items", 'a list is expected: {"items": [...]}')
    if unknown := body.keys() - {"items"}:
        errors = tuple(FieldError(pointer_to([name]), REMEDIES["extra_forbidden"]) for name in sorted(unknown))
        raise Invalid(summary(errors), errors)
    items: list[object] = body["items"]
    if len(items) > MOST_ITEMS:
        raise Invalid.field("/items", f"a batch has at most {MOST_ITEMS:,} items, not {len(items):,}: split it")
    if not items:
        raise Invalid.field("/items", "a batch has at least one item")
    return items


def _read_item(item: object) -> AnySignUp | BadItem:
    try:
        return SIGN_UP.validate_json(to_json(item))
    except ValidationError as error:
        reference = item.get("external_ref") if isinstance(item, dict) else None
        return BadItem(refusal_of_body(error, SIGN_UP), reference[:100] if isinstance(reference, str) else None)


def _item(index: int, external_ref: str, outcome: Outcome) -> BatchItem:
    if isinstance(outcome, DomainError):
        return _refused(index, external_ref, outcome)
    return BatchItem(
        index=index,
        external_ref=external_ref,
        status=201,
        id=outcome.enrolment.id,
        replayed=True if isinstance(outcome, Replayed) else None,
        warnings=warnings_of(outcome.enrolment) or None,
    )


def _refused(index: int, external_ref: str | None, refusal: DomainError) -> BatchItem:
    problem = problem_of(refusal)
    return BatchItem(index=index, external_ref=external_ref, status=problem.status, problem=problem)
