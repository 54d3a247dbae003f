"""What is noted of a request whose answer shows personal data in clear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from fastapi import Request

from enrolment_api.audit.trail import Trail
from enrolment_api.domain.audit import Action, Note
from services.web.request_log import route_of
from services.web.transactions import request_context

_KEPT: Final = frozenset(
    {
        "organisation_code",
        "status",
        "scheme",
        "kind",
        "unit_code",
        "exact",
        "under",
        "collector_code",
        "channel",
        "signed_from",
        "signed_to",
        "within_days",
        "lapsed_days",
        "after",
        "limit",
        "limited",
        "format",
    }
)
"""Parameters whose values are kept. What partners number themselves may hold a personal ID: of any other parameter only
that it was given is kept."""


def note_of(request: Request, action: Action, ids: Iterable[UUID], filters: Mapping[str, Any] | None = None) -> Note:
    """What this request is to be shown: those with these ids, chosen by these parameters."""
    context = request_context(request)
    assert context.actor  # noqa: S101 - nothing personal is shown to nobody
    return Note(
        at=context.at,
        organisation_code=context.actor.organisation_code,
        subject=context.actor.subject,
        action=action,
        route=f"{request.method} {route_of(request.scope)}",
        ids=tuple(ids),
        filters={name: _kept(name, value) for name, value in (filters or {}).items() if value is not None},
        correlation_id=context.correlation_id,
    )


def trail_of(request: Request) -> Trail:
    """The trail of the app."""
    trail: Trail = request.app.state.audit
    return trail


def _kept(name: str, value: object) -> str:
    return str(value) if name in _KEPT else "given"
