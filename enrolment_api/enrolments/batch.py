"""Batches of sign-ups: how they are read, and what is answered to each item, in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import TypeAdapter

from enrolment_api.enrolments.enrolment_view import warnings_of
from enrolment_api.enrolments.outcomes import Outcome, Replayed
from enrolment_api.enrolments.schemas import MOST_ITEMS, BatchAnswer, BatchBody, BatchItem
from enrolment_api.enrolments.sign_up_body import AnySignUp, SignUpBody
from services.errors import DomainError
from services.web.batches import BadItem, Batch
from services.web.problems import problem_of

SIGN_UP: Final[TypeAdapter[AnySignUp]] = TypeAdapter(SignUpBody)
BATCH: Final[TypeAdapter[BatchBody]] = TypeAdapter(BatchBody)
SIGN_UPS: Final = Batch(BATCH, SIGN_UP, MOST_ITEMS)


def answer_of(items: Sequence[AnySignUp | BadItem], outcomes: Iterator[Outcome], base: str) -> BatchAnswer:
    """The answer to a batch; `outcomes` are those of the items that are not bad, in their order. Types of problems
    begin with `base`."""
    return BatchAnswer(
        items=[
            _refused(n, _reference_of(item.value), item.refusal, base)
            if isinstance(item, BadItem)
            else _item(n, item.external_ref, next(outcomes), base)
            for n, item in enumerate(items)
        ]
    )


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
