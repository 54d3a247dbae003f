"""Reads of those below a scope, of what shares are based on, and of the shares of a target."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Text,
    Uuid,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of, unnest
from services.vocabulary import Kind, Scheme
from targets_api.attainment.rows import TARGET_COLUMNS, target_of
from targets_api.domain.pace import Progress
from targets_api.domain.share_tree import MOST_NODES, TreeTooLarge
from targets_api.domain.target import NoSuchTarget, Target
from targets_api.hierarchy.queries import organisations_below
from targets_api.progress.coverage import stock_of, without_baseline
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.hierarchy import (
    CollectorRow,
    OrganisationAncestorRow,
    OrganisationRow,
    UnitAncestorRow,
    UnitRow,
)
from targets_api.tables.ledger import TallyRow
from targets_api.tables.targets import TargetRow
from targets_api.targets.queries import find_target, is_own


class Node(NamedTuple):
    """A target, and how far it has come."""

    target: Target
    progress: Progress


class Result(NamedTuple):
    """Sign-ups that stand, in a unit and below it, of an organisation by a collector. No unit: wherever they were."""

    unit_code: str | None
    organisation_code: str
    collector_code: str
    n: int


class Stock(NamedTuple):
    """Population and persons covered of a unit; null without any baseline. `without_baseline` are the communes in it
    that none counts."""

    code: str
    population: int | None
    covered: int | None
    without_baseline: list[str]


class Counted(NamedTuple):
    """Which sign-ups count: of a scheme and kind, signed from one day to another, both included."""

    scheme: Scheme
    kind: Kind
    first: date
    last: date


def _node(*columns: Any) -> Node:
    return Node(target_of(*columns[: len(TARGET_COLUMNS)]), Progress(*columns[len(TARGET_COLUMNS) :]))


_t, _p, _x = table_of(TargetRow), table_of(AttainmentRow), table_of(TallyRow)
_u, _ua, _c = table_of(UnitRow), table_of(UnitAncestorRow), table_of(CollectorRow)
_o, _oa = table_of(OrganisationRow), table_of(OrganisationAncestorRow)
_id, _reader = bindparam("id", type_=Uuid), bindparam("own_of", type_=Text)
_unit, _on = bindparam("unit_code", type_=Text), bindparam("on", type_=Date)
_organisation = bindparam("organisation_code", type_=Text)
_exists_on_day = (
    or_(_u.c.valid_from.is_(None), _u.c.valid_from <= _on),
    or_(_u.c.valid_to.is_(None), _u.c.valid_to >= _on),
)

UNITS_BELOW: Final = select(_u.c.code).where(_u.c.parent_code == _unit, *_exists_on_day).order_by(_u.c.code)
COMMUNES_BELOW: Final = (
    select(_u.c.code)
    .join_from(_ua, _u, _u.c.code == _ua.c.unit_code)
    .where(_ua.c.ancestor_code == _unit, _u.c.level == "commune", *_exists_on_day)
    .order_by(_u.c.code)
)
ORGANISATIONS_BELOW: Final = (
    select(_o.c.code).where(_o.c.parent_code.is_not_distinct_from(_organisation)).order_by(_o.c.code)
)
COLLECTORS_BELOW: Final = (
    select(_c.c.code)
    .where(or_(_organisation.is_(None), _c.c.organisation_code.in_(organisations_below(_organisation))))
    .order_by(_c.c.code)
)

_named = unnest("named", codes=Text())
_signed_up: Final[Sequence[ColumnElement[bool]]] = (
    _x.c.scheme == bindparam("scheme", type_=Text),
    _x.c.kind == bindparam("kind", type_=Text),
    _x.c.day.between(bindparam("first", type_=Date), bindparam("last", type_=Date)),
)
_TOTAL: Final = cast(func.sum(_x.c.n), BigInteger).label("n")
_by_whom = (_x.c.organisation_code, _x.c.collector_code)
RESULTS_OF_UNITS: Final = Query(
    Result,
    select(_named.c.codes.label("unit_code"), *_by_whom, _TOTAL)
    .select_from(_named.join(_ua, _ua.c.ancestor_code == _named.c.codes).join(_x, _x.c.unit_code == _ua.c.unit_code))
    .where(*_signed_up)
    .group_by(_named.c.codes, *_by_whom),
)
RESULTS_OF_ORGANISATION: Final = Query(
    Result,
    select(literal(None, Text).label("unit_code"), *_by_whom, _TOTAL)
    .select_from(_oa.join(_x, _x.c.organisation_code == _oa.c.organisation_code))
    .where(_oa.c.ancestor_code == _organisation, *_signed_up)
    .group_by(*_by_whom),
)

_k = unnest("k", "place", code=Text(), scheme=Text(), on=Date())
_stock, _uncounted = stock_of(_k), without_baseline(_k)
STOCKS: Final = Query(
    Stock,
    select(_k.c.code, _stock.c.population, _stock.c.covered, _uncounted.c.codes.label("without_baseline")).select_from(
        _k.outerjoin(_stock, _stock.c.place == _k.c.place).join(_uncounted, true())
    ),
)

_progress = tuple(
    _p.c[name] for name in ("achieved", "covered_at_start", "population", "measured_from", "population_at_start")
)
NODE: Final = Query(
    _node, select(*TARGET_COLUMNS, *_progress).join_from(_t, _p, _p.c.target_id == _t.c.id).where(_t.c.id == _id)
)
SHARES: Final = Query(
    target_of,
    select(*TARGET_COLUMNS).where(_t.c.parent_id == _id, _t.c.withdrawn_on.is_(None)).order_by(_t.c.id),
)
_begin = select(_t.c.id).where(_t.c.id == _id).cte("below", recursive=True)
_below = _begin.union_all(select(_t.c.id).join_from(_begin, _t, _t.c.parent_id == _begin.c.id))
_share = _t.alias("share")
_has_shares = exists().where(_share.c.parent_id == _t.c.id).correlate(_t)
_first_of_tree = (
    select(_below.c.id)
    .join_from(_below, _t, _t.c.id == _below.c.id)
    .where(or_(_reader.is_(None), is_own(_reader)), or_(_t.c.withdrawn_on.is_(None), _t.c.id == _id, _has_shares))
    .limit(MOST_NODES + 1)
    .subquery("first_of_tree")
)
TREE: Final = Query(
    _node,
    select(*TARGET_COLUMNS, *_progress)
    .select_from(_first_of_tree.join(_t, _t.c.id == _first_of_tree.c.id).join(_p, _p.c.target_id == _t.c.id))
    .order_by(_t.c.unit_code, _t.c.organisation_code, _t.c.collector_code, _t.c.id),
)


async def units_below(session: ReadSession, unit_code: str, on: date) -> list[str]:
    """Codes of the units directly below that exist on that day."""
    return list(await session.scalars(UNITS_BELOW, {"unit_code": unit_code, "on": on}))


async def communes_below(session: ReadSession, unit_code: str, on: date) -> list[str]:
    """Codes of the communes at or below the unit that exist on that day."""
    return list(await session.scalars(COMMUNES_BELOW, {"unit_code": unit_code, "on": on}))


async def organisations_below_directly(session: ReadSession, organisation_code: str | None) -> list[str]:
    """Codes of the organisations directly below; without one, of those at the top."""
    return list(await session.scalars(ORGANISATIONS_BELOW, {"organisation_code": organisation_code}))


async def collectors_of(session: ReadSession, organisation_code: str | None) -> list[str]:
    """Codes of the collectors of the organisation and of those below it; without one, of all."""
    return list(await session.scalars(COLLECTORS_BELOW, {"organisation_code": organisation_code}))


async def results_of_units(session: ReadSession, units: Collection[str], counted: Counted) -> list[Result]:
    """What was signed up in each of the units and below it."""
    return await session.all(RESULTS_OF_UNITS, {"codes": list(units), **counted._asdict()})


async def results_of_organisation(session: ReadSession, organisation_code: str, counted: Counted) -> list[Result]:
    """What the organisation and those below it signed up."""
    return await session.all(RESULTS_OF_ORGANISATION, {"organisation_code": organisation_code, **counted._asdict()})


async def stocks_of(session: ReadSession, units: Sequence[str], scheme: Scheme, on: date) -> list[Stock]:
    """Who lives in each of the units and is covered, at the end of the day as far as it is known."""
    n = len(units)
    return await session.all(STOCKS, {"code": list(units), "scheme": [scheme] * n, "on": [on] * n})


async def find_node(session: ReadSession, target_id: UUID) -> Node:
    """The target of that id. Raises NoSuchTarget."""
    node = await session.first(NODE, {"id": target_id})
    if node is None:
        raise NoSuchTarget(f"no target has the id {target_id}")
    return node


async def shares_of(session: ReadSession, target_id: UUID) -> list[Target]:
    """The shares of the target that are not withdrawn."""
    return await session.all(SHARES, {"id": target_id})


async def nodes_below(session: ReadSession, target_id: UUID, own_of: str | None) -> list[Node]:
    """The target, its shares, theirs and so on, withdrawn ones that were shared out included; only own ones of an
    organisation, where one is given. Raises NoSuchTarget where the target itself is not among them, TreeTooLarge where
    there are too many."""
    await find_target(session, target_id, own_of)
    nodes = await session.all(TREE, {"id": target_id, "own_of": own_of})
    if len(nodes) > MOST_NODES:
        raise TreeTooLarge.of(target_id)
    return nodes
