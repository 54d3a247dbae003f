"""Take requests to publish events again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.context import Context
from services.contracts.reconciliation import ResendRequested
from services.contracts.sources import ENROLMENT_SOURCE
from services.persistence.unit_of_work import UnitOfWork
from services.reconciliation import resends
from services.reconciliation.resends import Asked


async def take_requests(work: UnitOfWork, context: Context, requests: Sequence[ResendRequested]) -> None:
    """Note what is asked of enrolment; it is published page by page, so that none of it is lost."""
    own = [request for request in requests if request.data.addressee == ENROLMENT_SOURCE]
    await resends.ask(work, [asked for request in own for asked in _asked(request)], context.now)


def _asked(request: ResendRequested) -> Iterator[Asked]:
    keys = {"day": [day.isoformat() for day in request.data.days], "registry": request.data.registry}
    return (
        Asked(kind, key, request.source, request.correlationid) for kind, of_kind in keys.items() for key in of_kind
    )
