"""Who is on a page: those directly below an organisation, by code."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Integer, Select, Text, bindparam, or_, select
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.unnest import table_of
from targets_api.tables.hierarchy import CollectorRow, OrganisationRow

_o, _c = table_of(OrganisationRow).c, table_of(CollectorRow).c
_organisation, _after = bindparam("organisation_code", type_=Text), bindparam("after", type_=Text)


def _page(code: ColumnElement[str], is_below: ColumnElement[bool]) -> Select[Any]:
    page = select(code).where(is_below, or_(_after.is_(None), code > _after))
    return page.order_by(code).limit(bindparam("limit", type_=Integer))


ORGANISATIONS_BELOW: Final = _page(_o.code, _o.parent_code == _organisation)
COLLECTORS_OF: Final = _page(_c.code, _c.organisation_code == _organisation)
