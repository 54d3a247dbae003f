"""What enrolment measures of sign-ups. Those that were refused are in `drive_refusals_total`, by the problem's code."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from itertools import product
from typing import get_args

from prometheus_client import CollectorRegistry, Counter

from enrolment_api.enrolments.outcomes import Outcome, Replayed
from services.errors import DomainError
from services.vocabulary import Kind, Scheme


class SignUpMetrics:
    """Sign-ups that were accepted."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._accepted = Counter(
            "drive_sign_ups", "Sign-ups that were accepted", ["scheme", "kind", "replayed"], registry=registry
        )
        for labels in product(get_args(Scheme), get_args(Kind), ("no", "yes")):
            self._accepted.labels(*labels)  # from 0 on: else the first one is no increase

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Count what became of sign-ups, once that is committed."""
        accepted = Tally(_labels(outcome) for outcome in outcomes if not isinstance(outcome, DomainError))
        for labels, number in accepted.items():
            self._accepted.labels(*labels).inc(number)


def _labels(outcome: Outcome) -> tuple[str, str, str]:
    assert not isinstance(outcome, DomainError)  # noqa: S101 - the caller has left these out
    enrolment = outcome.enrolment
    return enrolment.sign_up.scheme, enrolment.decision.kind, "yes" if isinstance(outcome, Replayed) else "no"
