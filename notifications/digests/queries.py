"""Reads of digests, and of what they tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Date, DateTime, Integer, Numeric, Text, TextClause, bindparam, func, literal_column, or_, text
from sqlmodel import col, select

from notifications.domain.digest import NoSuchDigest
from notifications.tables.alerts import AlertRow
from notifications.tables.deliveries import DeliveryRow
from notifications.tables.digests import DigestRow
from notifications.tables.registry import UnitRow
from notifications.tables.reports import AlertRemedyRow
from services.persistence.documents import number_in
from services.persistence.unit_of_work import ReadSession

_name = bindparam("digest_name", type_=Text)
_most = bindparam("most", type_=Integer)
_under = bindparam("under", type_=Text)
_IS_UNDER = or_(_under.is_(None), col(AlertRow.path).op("@>")(func.to_jsonb(_under)))


def _unresolved() -> TextClause:
    """With a literal, that the partial index needs."""
    return text("status <> 'resolved'")


def _at(name: str) -> Any:
    return bindparam(name, type_=DateTime(timezone=True))


ONE: Final = select(DigestRow).where(col(DigestRow.name) == _name)
PAGE: Final = (
    select(DigestRow)
    .where(col(DigestRow.name) > bindparam("after", type_=Text))
    .order_by(col(DigestRow.name))
    .limit(_most)
)
DUE: Final = (
    select(DigestRow.name)
    .where(col(DigestRow.next_at) <= _at("now"))
    .order_by(col(DigestRow.next_at), col(DigestRow.name))
    .limit(_most)
)
TOLD_UNTIL: Final = (
    select(col(DeliveryRow.digest)["until"].astext)
    .where(
        col(DeliveryRow.digest_name) == _name,
        col(DeliveryRow.digest_due_at) > _at("since"),
        text("state IN ('sending', 'sent', 'unconfirmed')"),
    )
    .order_by(col(DeliveryRow.digest_due_at).desc())
    .limit(1)
)
UNIT_NAME: Final = select(UnitRow.name).where(col(UnitRow.code) == bindparam("code", type_=Text))
_since = func.coalesce(col(AlertRow.unacknowledged_since), col(AlertRow.raised_at))
UNACKNOWLEDGED: Final = (
    select(AlertRow)
    .where(_unresolved(), _IS_UNDER, col(AlertRow.status) == "open", _since <= _at("late_since"))
    .order_by(_since, col(AlertRow.id))
    .limit(_most)
)
REPORTS: Final = (
    select(AlertRow)
    .where(text("status IN ('open', 'acknowledged')"), _IS_UNDER)
    .where(col(AlertRow.report_due_at) > _at("after"), col(AlertRow.report_due_at) <= _at("until"))
    .order_by(col(AlertRow.report_due_at), col(AlertRow.id))
    .limit(_most)
)
REMEDIES: Final = (
    select(AlertRow, AlertRemedyRow)
    .join(AlertRemedyRow, col(AlertRemedyRow.alert_id) == col(AlertRow.id))
    .where(_unresolved(), _IS_UNDER, col(AlertRemedyRow.state) == bindparam("state", type_=Text))
    .where(col(AlertRemedyRow.due_on) < bindparam("next_day", type_=Date))
    .order_by(col(AlertRemedyRow.due_on), col(AlertRow.id), col(AlertRemedyRow.n))
    .limit(_most)
)
GRAVEST: Final = (
    select(AlertRow)
    .where(_unresolved(), _IS_UNDER)
    .order_by(
        col(AlertRow.severity) != "critical",
        literal_column(number_in("figures -> 'short_by'"), Numeric).desc().nulls_last(),
        col(AlertRow.id),
    )
    .limit(_most)
)
LONG_AGO: Final = datetime(1900, 1, 1, tzinfo=UTC)


async def find_digest(session: ReadSession, name: str) -> DigestRow:
    """The digest of that name. Raises NoSuchDigest."""
    row: DigestRow | None = (await session.scalars(ONE, {"digest_name": name})).one_or_none()
    if row is None:
        raise NoSuchDigest(f"no digest has the name {name}")
    return row


async def list_digests(session: ReadSession, after: str | None, most: int) -> Sequence[DigestRow]:
    """Digests by their names, from the one after `after` on."""
    return (await session.scalars(PAGE, {"after": after or "", "most": most})).all()


async def due_digests(session: ReadSession, at: datetime, most: int) -> Sequence[str]:
    """The names of those that are due by then, the longest due first."""
    return (await session.scalars(DUE, {"now": at, "most": most})).all()


async def told_until(session: ReadSession, row: DigestRow) -> datetime | None:
    """Up to when the last digest of the name tells that was sent, or may have been, since the digest was made."""
    values = {"digest_name": row.name, "since": row.created_at}
    found = (await session.scalars(TOLD_UNTIL, values)).one_or_none()
    return datetime.fromisoformat(found) if found else None


async def unit_name(session: ReadSession, code: str | None) -> str | None:
    """What the unit is called, where that is known."""
    return (await session.scalars(UNIT_NAME, {"code": code})).one_or_none() if code else None


async def unacknowledged(session: ReadSession, under: str | None, late_since: datetime, most: int) -> list[AlertRow]:
    """Alerts on which nobody has acted since then, the oldest first."""
    values = {"under": under, "late_since": late_since, "most": most}
    return list(await session.scalars(UNACKNOWLEDGED, values))


async def reports(
    session: ReadSession, under: str | None, after: datetime, until: datetime, most: int
) -> list[AlertRow]:
    """Alerts whose report has not come and is due in this time, the first first."""
    return list(await session.scalars(REPORTS, {"under": under, "after": after, "until": until, "most": most}))


async def remedies(
    session: ReadSession, under: str | None, state: str, before: date, most: int
) -> list[tuple[AlertRow, AlertRemedyRow]]:
    """Remedies of this state that are due before that day, with their alerts, the first first."""
    values = {"under": under, "state": state, "next_day": before, "most": most}
    return [(row.AlertRow, row.AlertRemedyRow) for row in await session.execute(REMEDIES, values)]


async def gravest(session: ReadSession, under: str | None, most: int) -> list[AlertRow]:
    """The gravest alerts that are not resolved."""
    return list(await session.scalars(GRAVEST, {"under": under, "most": most}))
