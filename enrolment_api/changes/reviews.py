"""Lists of the agency's decisions: how they are read, and what is answered to each, in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter

from enrolment_api.changes.decisions import Reviewed
from enrolment_api.changes.schemas import Acceptance, Return, ReviewAnswer, ReviewBody, ReviewItem, ReviewOutcome
from enrolment_api.changes.usecases import WantedChange
from enrolment_api.domain.identity import Case
from enrolment_api.domain.life import Change, Step
from enrolment_api.enrolments.schemas import MOST_ITEMS
from services.errors import DomainError
from services.web.batches import BadItem, Batch
from services.web.problems import problem_of

_REVIEW: Final[TypeAdapter[Acceptance | Return]] = TypeAdapter(ReviewItem)
REVIEW_BODY: Final[TypeAdapter[ReviewBody]] = TypeAdapter(ReviewBody)
REVIEWS: Final = Batch(REVIEW_BODY, _REVIEW, MOST_ITEMS)
MOST_REVIEW_VALUES: Final = 7 * MOST_ITEMS


def change_of_review(review: Acceptance | Return) -> WantedChange:
    """The decision as a change."""
    step: Step = "acceptance" if isinstance(review, Acceptance) else "return"
    return WantedChange(review.id, Change(step, review.version, review.reason))


def answer_of(items: Sequence[Acceptance | Return | BadItem], outcomes: Iterator[Reviewed], base: str) -> ReviewAnswer:
    """The answer to a list; `outcomes` are those of the items that are not bad, in their order. Types of problems begin
    with `base`."""
    return ReviewAnswer(
        items=[
            _refused(n, _id_of(item.value), item.refusal, base)
            if isinstance(item, BadItem)
            else _outcome(n, item.id, next(outcomes), base)
            for n, item in enumerate(items)
        ]
    )


def _id_of(value: object) -> UUID | None:
    try:
        return UUID(value["id"]) if isinstance(value, dict) else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _outcome(number: int, item_id: UUID, outcome: Reviewed, base: str) -> ReviewOutcome:
    if isinstance(outcome, DomainError):
        return _refused(number, item_id, outcome, base)
    done = ReviewOutcome(index=number, id=item_id, status=200, version=outcome.version)
    if isinstance(outcome, Case):
        return done.model_copy(update={"case_status": outcome.status})
    return done.model_copy(update={"enrolment_status": outcome.status})


def _refused(number: int, item_id: UUID | None, refusal: DomainError, base: str) -> ReviewOutcome:
    problem = problem_of(refusal, base)
    return ReviewOutcome(index=number, id=item_id, status=problem.status, problem=problem)
