"""Who is ranked with each other: those of a level, below one that is named, on two days."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import Date, Select, Text, and_, bindparam, literal_column, or_, select
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.statements import Query
from services.persistence.unnest import table_of
from targets_api.tables.hierarchy import (
    CollectorRow,
    OrganisationAncestorRow,
    OrganisationRow,
    UnitAncestorRow,
    UnitRow,
)


class Candidate(NamedTuple):
    """Whether there is one of that code on the day of the ranking, and on the day before that it is compared with."""

    code: str
    is_now: bool
    was_then: bool


_u, _ua = table_of(UnitRow), table_of(UnitAncestorRow)
_o, _oa, _c = table_of(OrganisationRow), table_of(OrganisationAncestorRow), table_of(CollectorRow)
_under = bindparam("under", type_=Text)
_always: Final[ColumnElement[Any]] = literal_column("true")


def _exists_on(day: str) -> ColumnElement[bool]:
    on = bindparam(day, type_=Date)
    return and_(
        or_(_u.c.valid_from.is_(None), _u.c.valid_from <= on), or_(_u.c.valid_to.is_(None), _u.c.valid_to >= on)
    )


def _always_there(code: ColumnElement[str]) -> Select[Any]:
    return select(code, _always.label("is_now"), _always.label("was_then")).order_by(code)


_units = (
    select(_u.c.code, _exists_on("on").label("is_now"), _exists_on("before").label("was_then"))
    .where(_u.c.level == bindparam("level", type_=Text))
    .order_by(_u.c.code)
)
_organisations, _collectors = _always_there(_o.c.code), _always_there(_c.c.code)
_below = (_oa.c.ancestor_code == _under, _oa.c.depth > 0)
UNITS: Final = Query(Candidate, _units)
UNITS_UNDER: Final = Query(
    Candidate, _units.join_from(_u, _ua, _ua.c.unit_code == _u.c.code).where(_ua.c.ancestor_code == _under)
)
ORGANISATIONS: Final = Query(Candidate, _organisations)
ORGANISATIONS_UNDER: Final = Query(
    Candidate, _organisations.join_from(_o, _oa, _oa.c.organisation_code == _o.c.code).where(*_below)
)
COLLECTORS: Final = Query(Candidate, _collectors)
COLLECTORS_UNDER: Final = Query(
    Candidate,
    _collectors.join_from(_c, _oa, _oa.c.organisation_code == _c.c.organisation_code).where(
        _oa.c.ancestor_code == _under
    ),
)
