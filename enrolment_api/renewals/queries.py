"""Which covers run out: each collector's list of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Text, bindparam, exists, func, or_, text

from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.enrolments.pages import Position, bounds, merged
from enrolment_api.enrolments.rows import enrolment_of
from enrolment_api.enrolments.streams import among_units
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.enrolments import EnrolmentRow
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.vocabulary import Scheme


@dataclass(frozen=True, slots=True)
class Filters:
    """Covers whose last day is one from `first` to `last`; None leaves a condition open.

    `own_of` is the organisation that asks, where it knows of its own alone; `under` is a unit with all below it;
    `after` is the place of the last one seen.
    """

    first: date
    last: date
    own_of: str | None = None
    under: str | None = None
    collector_code: str | None = None
    scheme: Scheme | None = None
    after: Position | None = None


_e, _next = table_of(EnrolmentRow).c, table_of(EnrolmentRow).alias("next").c
_COLLECTORS: Final = (
    text("""
        WITH RECURSIVE pairs AS (
            SELECT o.code AS organisation_code, (
                SELECT min(e.collector_code) FROM enrolments e
                WHERE e.organisation_code = o.code AND e.status <> 'cancelled'
            ) AS collector_code
            FROM organisations o WHERE CAST(:own_of AS text) IS NULL OR o.code = :own_of
            UNION ALL
            SELECT organisation_code, (
                SELECT min(e.collector_code) FROM enrolments e
                WHERE e.organisation_code = pairs.organisation_code AND e.collector_code > pairs.collector_code
                    AND e.status <> 'cancelled'
            )
            FROM pairs WHERE collector_code IS NOT NULL
        )
        SELECT organisation_code, collector_code FROM pairs
        WHERE CAST(:collector_code AS text) IS NULL OR upper(collector_code) = upper(:collector_code)
    """)
    .columns(organisation_code=Text, collector_code=Text)
    .cte("streams")
)
"""Each collector who has signed up somebody, for each organisation that it was for, wherever they are now. `pairs` goes
from one to the next in the index."""
_scheme = bindparam("scheme", type_=Text)
_RENEWED: Final = exists().where(
    _next.participant_id == _e.participant_id,
    _next.scheme == _e.scheme,
    _next.status != "cancelled",
    func.daterange(_next.covered_from, _next.covered_to, text("'[]'")).op("&&")(
        func.daterange(_e.covered_to, None, text("'()'"))
    ),
)
"""The person has cover of the scheme after this one, by whomever. Written as the constraint against double cover is, so
that its index serves."""
DUE: Final = merged(
    _COLLECTORS,
    _e.covered_to,
    _e.status != "cancelled",
    or_(_scheme.is_(None), _e.scheme == _scheme),
    among_units(_e.unit_code),
    ~_RENEWED,
)


async def list_due(session: ReadSession, keys: PeopleKeys, filters: Filters, limit: int) -> Sequence[Enrolment]:
    """The sign-ups whose cover ends in these days and was not renewed, the earliest first; at most `limit`."""
    rows = await session.scalars(DUE, parameters_of(filters, limit))
    return [enrolment_of(row, keys) for row in rows]


def parameters_of(filters: Filters, limit: int) -> dict[str, Any]:
    """The parameters of DUE, for a page of at most `limit`."""
    return {
        "own_of": filters.own_of,
        "unit_code": filters.under,
        "exact": False,
        "collector_code": filters.collector_code,
        "scheme": filters.scheme,
        **bounds(filters.after, filters.first, filters.last, limit),
    }
