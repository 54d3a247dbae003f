"""Reads of the alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    or_,
    text,
)
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlmodel import col, select

from notifications.alerts.snapshots import snapshot_of
from notifications.domain.alert import NoSuchAlert, Status
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.ownership.queries import alerts_of
from notifications.registry.queries import organisations_named, registered_unit
from notifications.tables.alerts import WORDS, AlertRow
from notifications.tables.ownership import AlertOwnerRow
from services.clock import beginning_of
from services.errors import Invalid
from services.names import words_of
from services.persistence.filters import Conditions, where_given
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.persistence.words import beginning_with
from services.vocabulary import Scheme, Severity

S = TypeVar("S", bound=Select[Any])

_owners = table_of(AlertOwnerRow).c
_words = literal_column(f"({WORDS})", TSVECTOR)


def _is_due_before(at: datetime) -> ColumnElement[bool]:
    """With literals, that the partial index needs."""
    return and_(text("status IN ('open', 'acknowledged')"), col(AlertRow.report_due_at) <= at)


def _of_organisation(code: str) -> Select[tuple[UUID]]:
    """As `alerts_of`, of a code in whatever case."""
    return sql_select(_owners.alert_id).where(func.upper(_owners.organisation_code) == code.upper())


NEWEST_FIRST: Final = select(AlertRow).order_by(col(AlertRow.id).desc())
_owner = bindparam("own_of", type_=Text)
ONE: Final = select(AlertRow).where(
    col(AlertRow.id) == bindparam("id"), or_(_owner.is_(None), col(AlertRow.id).in_(alerts_of(_owner)))
)


class AlertCount(NamedTuple):
    """How many alerts have a status and a severity."""

    status: Status
    severity: Severity
    n: int


UNRESOLVED: Final = Query(
    AlertCount,
    select(col(AlertRow.status), col(AlertRow.severity), func.count().label("n"))
    .where(text("status <> 'resolved'"))  # a literal, that the partial index needs
    .group_by(col(AlertRow.status), col(AlertRow.severity)),
)
CONDITIONS: Final[Conditions] = {
    "status": lambda status: col(AlertRow.status) == status,
    "under": lambda code: col(AlertRow.path).op("@>")(func.to_jsonb(code)),
    "severity": lambda severity: col(AlertRow.severity) == severity,
    "organisation_code": lambda code: col(AlertRow.id).in_(_of_organisation(code)),
    "collector_code": lambda code: func.upper(col(AlertRow.subject)["collector_code"].astext) == code.upper(),
    "scheme": lambda scheme: col(AlertRow.scheme) == scheme,
    "target_id": lambda target_id: col(AlertRow.target_id) == target_id,
    "min_level": lambda level: col(AlertRow.level) >= level,
    "report_due_before": lambda day: _is_due_before(beginning_of(day)),
    "own_of": lambda organisation: col(AlertRow.id).in_(alerts_of(organisation)),
    "after": lambda alert_id: col(AlertRow.id) < alert_id,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which alerts; None leaves a condition open. `after` is the id of the last one seen.

    `organisation_code`: of targets of the organisation, of those below it and of their collectors.

    `report_due_before`: those whose report is due before that business day begins, and has not come.

    `text`: those in whose names and codes, or in the name of whose organisation, each of its words begins one.

    `own_of`: only those of this organisation, of those below it and of their collectors.
    """

    status: Status | None = None
    under: str | None = None
    severity: Severity | None = None
    organisation_code: str | None = None
    collector_code: str | None = None
    scheme: Scheme | None = None
    target_id: UUID | None = None
    min_level: int | None = None
    report_due_before: date | None = None
    own_of: str | None = None
    text: str | None = None
    after: UUID | None = None


def has_word(word: str, owners: Sequence[str]) -> ColumnElement[bool]:
    """Whether a word of names and codes begins with this one, or whether the alert belongs to one of these
    organisations alone, in whose names one does."""
    of_alert = _words.bool_op("@@")(cast(beginning_with(word), TSQUERY))
    return or_(of_alert, col(AlertRow.owner) == any_(literal(owners, ARRAY(Text)))) if owners else of_alert


async def narrowed(session: ReadSession, statement: S, filters: Filters) -> S:
    """The statement, of those alerts alone. `under` is a registered code."""
    wanted = where_given(statement, CONDITIONS, replace(filters, text=None))
    words = set(words_of(filters.text or ""))
    named = await organisations_named(session, words) if words else {}
    return wanted.where(*(has_word(word, named.get(word, ())) for word in sorted(words)))


async def find_row(session: ReadSession, alert_id: UUID, own_of: str | None = None) -> AlertRow:
    """The alert of that id, among the own ones of an organisation where one is given. Raises NoSuchAlert."""
    row: AlertRow | None = (await session.scalars(ONE, {"id": alert_id, "own_of": own_of})).one_or_none()
    if row is None:
        raise NoSuchAlert(f"no alert has the id {alert_id}")
    return row


async def find_alert(session: ReadSession, alert_id: UUID, own_of: str | None = None) -> AlertSnapshot:
    """The same, as it is stored. Raises NoSuchAlert, Unreadable."""
    return snapshot_of(await find_row(session, alert_id, own_of))


async def count_unresolved(session: ReadSession) -> list[AlertCount]:
    """The alerts that are not resolved, by status and severity."""
    return await session.all(UNRESOLVED)


async def list_alerts(session: ReadSession, filters: Filters, limit: int) -> Sequence[AlertRow]:
    """At most `limit` alerts, the newest first. Raises Invalid where no unit has the code `under`."""
    if filters.under is not None:
        filters = replace(filters, under=await known_unit(session, filters.under))
    return (await session.scalars((await narrowed(session, NEWEST_FIRST, filters)).limit(limit))).all()


async def known_unit(session: ReadSession, under: str) -> str:
    """The code as it is registered: alerts name it so. Raises Invalid where no unit has it."""
    if (code := await registered_unit(session, under)) is None:
        detail = f"no unit {under} is known here: check the code; what was registered just now arrives within moments"
        raise Invalid.field("/query/under", detail)
    return code
