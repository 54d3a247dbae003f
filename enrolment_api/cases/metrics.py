"""What is measured of sign-ups that name another person than their personal ID is known for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter

from enrolment_api.domain.identity import IdentityMismatch, TooManyMismatches

_OUTCOMES: Final = ("opened", "repeated", "limited")


class MismatchMetrics:
    """Each is refused: with a new case, with that of an earlier request, or without one, since there were too many."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._mismatches = Counter(
            "drive_identity_mismatches",
            "Sign-ups that named another person than their personal ID is known for",
            ["outcome"],
            registry=registry,
        )
        for outcome in _OUTCOMES:
            self._mismatches.labels(outcome)  # from 0 on: else the first one is no increase

    def count(self, outcomes: Iterable[object]) -> None:
        """Count those among what became of sign-ups, once that is committed."""
        for outcome in outcomes:
            if isinstance(outcome, IdentityMismatch):
                self._mismatches.labels("repeated" if outcome.was_known else "opened").inc()
            elif isinstance(outcome, TooManyMismatches):
                self._mismatches.labels("limited").inc()
