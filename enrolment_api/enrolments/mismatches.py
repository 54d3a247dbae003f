"""What is noted of sign-ups that name another person than their personal ID is known for, beside their cases."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request

from enrolment_api.audit.notes import note_of, trail_of
from enrolment_api.cases.metrics import MismatchMetrics
from enrolment_api.domain.identity import IdentityMismatch, TooManyMismatches
from services.runtime import AnyRuntime


async def note_mismatches(request: Request, outcomes: Iterable[object]) -> None:
    """Those among the outcomes of a request, committed: they are counted, and one entry of the audit trail names their
    cases. Raises Unavailable where that cannot be written."""
    found = [each for each in outcomes if isinstance(each, IdentityMismatch | TooManyMismatches)]
    if not found:
        return
    runtime: AnyRuntime = request.app.state.runtime
    runtime.metrics.own(MismatchMetrics).count(found)
    ids = [each.case_id for each in found if isinstance(each, IdentityMismatch) and each.case_id]
    limited = len(found) - len(ids)
    await trail_of(request).add(note_of(request, "mismatch", ids, {"limited": limited or None}))
