"""The tallies that count for a target, in SQL; `domain.counting` holds the same rule, and a property test holds the two
together."""

from __future__ import annotations

from typing import Any, Final, get_args

from sqlalchemy import CompoundSelect, FromClause, and_, case, exists, or_, select, true, union_all
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.unnest import table_of
from services.vocabulary import Measure
from targets_api.attainment.baselines import covers
from targets_api.domain.target import STOCK_MEASURES, counted_kind
from targets_api.tables.hierarchy import OrganisationAncestorRow, UnitAncestorRow
from targets_api.tables.ledger import TallyRow

_KINDS: Final = {measure: counted_kind(measure) for measure in get_args(Measure)}
_x, _units = table_of(TallyRow), table_of(UnitAncestorRow)
_organisations, _above = table_of(OrganisationAncestorRow), table_of(OrganisationAncestorRow).alias("above")


def is_stock(target: FromClause) -> ColumnElement[bool]:
    """Whether the target is measured by how many are covered, and so counted from a baseline."""
    return or_(*(target.c.measure == measure for measure in sorted(STOCK_MEASURES)))


def tallies_of(target: FromClause, latest: FromClause | None = None) -> CompoundSelect[Any]:
    """Day and number of each tally that counts for the target, whatever its period.

    One of three branches finds them, by the narrowest part of the scope that has an index. For use in a LATERAL
    subquery of a statement on `target`. Where it is measured from a baseline, `latest`, units count that were part of
    its unit by then.
    """
    outer = [target] if latest is None else [target, latest]
    is_part = true() if latest is None else or_(latest.c.on.is_(None), covers(latest.c.on, _units.c.apart_until))
    t = target.c
    counted = and_(_x.c.scheme == t.scheme, _x.c.kind == case(_KINDS, value=t.measure))
    of_organisation = or_(
        t.organisation_code.is_(None),
        exists()
        .where(_above.c.organisation_code == _x.c.organisation_code, _above.c.ancestor_code == t.organisation_code)
        .correlate(target, _x),
    )
    of_collector = or_(t.collector_code.is_(None), _x.c.collector_code == t.collector_code)
    below_unit = _x.join(_units, _units.c.unit_code == _x.c.unit_code)
    in_organisation = _x.join(_organisations, _organisations.c.organisation_code == _x.c.organisation_code)
    tallies = select(_x.c.day, _x.c.n)
    branches = (
        tallies.select_from(below_unit).where(
            _units.c.ancestor_code == t.unit_code, is_part, of_organisation, of_collector
        ),
        tallies.where(t.unit_code.is_(None), _x.c.collector_code == t.collector_code, of_organisation),
        tallies.select_from(in_organisation).where(
            t.unit_code.is_(None), t.collector_code.is_(None), _organisations.c.ancestor_code == t.organisation_code
        ),
    )
    return union_all(*(branch.where(counted).correlate(*outer) for branch in branches))
