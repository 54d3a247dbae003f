"""The one place where sign-ups become what is shown of them: masked, or in clear once that is in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request

from enrolment_api.access import sees_participants
from enrolment_api.audit.notes import note_of, trail_of
from enrolment_api.audit.usecases import append
from enrolment_api.domain.audit import Action
from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.enrolments.enrolment_view import EnrolmentView, view_of
from services.context import Actor
from services.persistence.unit_of_work import UnitOfWork


async def disclosed(
    request: Request, action: Action, enrolments: Sequence[Enrolment], filters: Mapping[str, Any] | None = None
) -> list[EnrolmentView]:
    """As the actor of the request may see them. Raises Unavailable where that cannot be noted.

    That none was found is noted, too: it says something of whoever was looked for.
    """
    clear = sees_participants(_actor(request))
    if clear:
        await trail_of(request).add(note_of(request, action, [each.id for each in enrolments], filters))
    return [view_of(each, clear=clear) for each in enrolments]


async def disclosed_change(work: UnitOfWork, request: Request, enrolment: Enrolment) -> EnrolmentView:
    """The same of one that was changed in this unit of work, which the entry is committed with: the last to be done.

    A change names an id, a version and perhaps some fields; its answer shows the whole person.
    """
    clear = sees_participants(_actor(request))
    if clear:
        await append(work, [note_of(request, "change", [enrolment.id])])
    return view_of(enrolment, clear=clear)


def returned_to_sender(request: Request, enrolment: Enrolment) -> EnrolmentView:
    """One that this very request has recorded: whoever sent it learns nothing about the person, so nothing is noted."""
    return view_of(enrolment, clear=sees_participants(_actor(request)))


def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor
