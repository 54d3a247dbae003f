"""The one place where cases become what is shown of them: masked, or in clear once that is in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request

from enrolment_api.access import sees_participants
from enrolment_api.audit.notes import note_of, trail_of
from enrolment_api.cases.queries import FoundCase
from enrolment_api.cases.schemas import CaseView, view_of_case
from enrolment_api.domain.audit import Action


async def disclosed_cases(
    request: Request, action: Action, found: Sequence[FoundCase], filters: Mapping[str, Any] | None = None
) -> list[CaseView]:
    """As the actor of the request may see them. Raises Unavailable where that cannot be noted."""
    clear = sees_participants(request.state.actor)
    if clear:
        ids = [each.case.id for each in found]
        await trail_of(request).add(note_of(request, action, ids, filters))
    return [view_of_case(each, clear=clear) for each in found]
