"""Batches: read item by item, so that a bad one does not affect the others, and answered in the same order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from enrolment_api.enrolments.enrolment_view import warnings_of
from enrolment_api.enrolments.outcomes import Outcome, Replayed
from enrolment_api.enrolments.schemas import MOST_ITEMS, BatchAnswer, BatchBody, BatchItem
from enrolment_api.enrolments.sign_up_body import AnySignUp, SignUpBody
from services.errors import DomainError
from services.web.field_errors import MOST_ERRORS, cut_short, shortened
from services.web.item_bodies import ItemBody, items_of
from services.web.json_body import refuse_too_many_values, validated
from services.web.problems import problem_of
from services.web.repeated_names import may_repeat_names

SIGN_UP: Final[TypeAdapter[AnySignUp]] = TypeAdapter(SignUpBody)
BATCH: Final[TypeAdapter[BatchBody]] = TypeAdapter(BatchBody)
MOST_BATCH_ERRORS: Final = 1_000
"""Of all items together; from then on one of each item."""
_LONGEST_DETAIL: Final = 200
_ITEMS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be accepted: why, and its reference where it has one."""

    refusal: DomainError
    external_ref: str | None


async def read_batch(raw: bytes) -> Sequence[AnySignUp | BadItem]:
    """The items of a body, bad ones among them. Raises Malformed or Invalid where the body as a whole is wrong."""
    try:
        batch = BATCH.validate_json(raw)
    except ValidationError:
        return await _each(raw)
    return await _each(raw) if may_repeat_names(raw, batch) else batch.items


async def _each(raw: bytes) -> Sequence[AnySignUp | BadItem]:
    """Other requests are answered in between: to refuse a thousand items takes longer than to take them."""
    await asyncio.sleep(0)
    read: list[AnySignUp | BadItem] = []
    left = MOST_BATCH_ERRORS
    for item in items_of(raw, MOST_ITEMS):
        if len(read) % _ITEMS_AT_ONCE == 0:
            await asyncio.sleep(0)
        read.append(one := _read_item(item))
        if isinstance(one, BadItem):
            left -= _shorten(one.refusal, left)
    return read


def _shorten(refusal: DomainError, left: int) -> int:
    """Make it fit, of an answer that has room for so many more errors; how many of them it takes."""
    refusal.errors = shortened(refusal.errors, min(max(left, 1), MOST_ERRORS))
    if left <= 0:
        refusal.detail = cut_short(refusal.detail, _LONGEST_DETAIL)
    return len(refusal.errors)


def answer_of(items: Sequence[AnySignUp | BadItem], outcomes: Iterator[Outcome], base: str) -> BatchAnswer:
    """The answer to a batch; `outcomes` are those of the items that are not bad, in their order. Types of problems
    begin with `base`."""
    return BatchAnswer(
        items=[
            _refused(n, item.external_ref, item.refusal, base)
            if isinstance(item, BadItem)
            else _item(n, item.external_ref, next(outcomes), base)
            for n, item in enumerate(items)
        ]
    )


def _read_item(item: ItemBody) -> AnySignUp | BadItem:
    try:
        refuse_too_many_values(item.raw)
        return validated(item.raw, SIGN_UP)
    except DomainError as refusal:
        return BadItem(refusal, _reference_of(item.value))


def _reference_of(value: object) -> str | None:
    reference = value.get("external_ref") if isinstance(value, dict) else None
    # What is no text in UTF-8 cannot be answered as it came.
    return reference[:100].encode(errors="replace").decode() if isinstance(reference, str) else None


def _item(index: int, external_ref: str, outcome: Outcome, base: str) -> BatchItem:
    if isinstance(outcome, DomainError):
        return _refused(index, external_ref, outcome, base)
    return BatchItem(
        index=index,
        external_ref=external_ref,
        status=201,
        id=outcome.enrolment.id,
        replayed=True if isinstance(outcome, Replayed) else None,
        warnings=warnings_of(outcome.enrolment) or None,
    )


def _refused(index: int, external_ref: str | None, refusal: DomainError, base: str) -> BatchItem:
    problem = problem_of(refusal, base)
    return BatchItem(index=index, external_ref=external_ref, status=problem.status, problem=problem)
