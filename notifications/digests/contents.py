"""What a digest says, read from alerts, their timelines and reports: figures of all, and the first few of each list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from notifications.alerts.mutes import with_mutes
from notifications.alerts.snapshots import readable, snapshot_of
from notifications.deliveries.courses import course_before, courses_of
from notifications.digests import queries
from notifications.digests.due import period_at
from notifications.digests.queries import LONG_AGO
from notifications.digests.sql import CAUSES, CHANGES, OPEN, OpenRow
from notifications.domain.digest import LATE_ACKNOWLEDGEMENT, Period
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.digest_snapshot import (
    MOST_CAUSES,
    MOST_CHARTS,
    MOST_TASKS,
    MOST_UNITS,
    DigestCause,
    DigestChanges,
    DigestSnapshot,
    DigestTask,
    GraveAlert,
    OpenAlerts,
    OpenAlertsOfUnit,
    TaskKind,
)
from notifications.tables.alerts import AlertRow
from notifications.tables.digests import DigestRow
from notifications.tables.reports import AlertRemedyRow
from services.persistence.unit_of_work import ReadSession


async def snapshot_at(session: ReadSession, row: DigestRow, at: datetime) -> tuple[Period, DigestSnapshot]:
    """What the digest says where it is made at `at`."""
    period = period_at(row, at, await queries.told_until(session, row))
    whole, units = await _open(session, row.under, period)
    return period, DigestSnapshot(
        name=row.name,
        under=row.under,
        unit_name=await queries.unit_name(session, row.under),
        every=row.every,
        since=period.since.astimezone(UTC),
        until=period.until.astimezone(UTC),
        next_at=period.next_at.astimezone(UTC),
        changes=await _changes(session, row.under, period),
        open=whole,
        units=units[:MOST_UNITS],
        more_units=max(len(units) - MOST_UNITS, 0),
        overdue=await _overdue(session, row.under, period),
        due=await _due(session, row.under, period),
        causes=[DigestCause(**each._asdict()) for each in await _causes(session, row.under)],
        gravest=await _gravest(session, row.under, period),
    )


async def _open(
    session: ReadSession, under: str | None, period: Period
) -> tuple[OpenAlerts, Sequence[OpenAlertsOfUnit]]:
    clock = {"now": period.until, "late_since": period.until - LATE_ACKNOWLEDGEMENT}
    until = {"next_at": period.next_at, "next_day": period.next_at.date()}
    whole, *units = await session.all(OPEN, {"under": under} | clock | until)
    parts = units if any(each.unit_code for each in units) else []  # else it is the whole again
    return OpenAlerts(**_figures(whole)), [OpenAlertsOfUnit(**_figures(each), **_unit(each)) for each in parts]


def _figures(row: OpenRow) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name in OpenAlerts.model_fields}


def _unit(row: OpenRow) -> dict[str, Any]:
    return {"unit_code": row.unit_code, "unit_name": row.unit_name}


async def _changes(session: ReadSession, under: str | None, period: Period) -> DigestChanges:
    found = await session.all(CHANGES, {"under": under, "since": period.since, "until": period.until})
    return DigestChanges(**{each.kind: each.n for each in found})


async def _causes(session: ReadSession, under: str | None) -> Sequence[Any]:
    return await session.all(CAUSES, {"under": under, "most": MOST_CAUSES})


async def _overdue(session: ReadSession, under: str | None, period: Period) -> list[DigestTask]:
    late_since, today = period.until - LATE_ACKNOWLEDGEMENT, period.next_at.date()
    unanswered = await queries.unacknowledged(session, under, late_since, MOST_TASKS)
    reports = await queries.reports(session, under, LONG_AGO, period.until, MOST_TASKS)
    missed = await queries.remedies(session, under, "missed", today, MOST_TASKS)
    return [
        *await _tasks(session, "acknowledgement", unanswered, period),
        *await _tasks(session, "report", reports, period),
        *await _remedies(session, missed, period),
    ]


async def _due(session: ReadSession, under: str | None, period: Period) -> list[DigestTask]:
    reports = await queries.reports(session, under, period.until, period.next_at, MOST_TASKS)
    planned = await queries.remedies(session, under, "planned", period.next_at.date(), MOST_TASKS)
    return [*await _tasks(session, "report", reports, period), *await _remedies(session, planned, period)]


async def _gravest(session: ReadSession, under: str | None, period: Period) -> list[GraveAlert]:
    rows = await queries.gravest(session, under, MOST_CHARTS)
    alerts = await _shown(session, filter(readable, rows), period)
    courses = await courses_of(session, alerts)
    return [GraveAlert(alert=alert, course=list(course_before(alert, courses))) for alert in alerts]


async def _tasks(session: ReadSession, kind: TaskKind, rows: Sequence[AlertRow], period: Period) -> list[DigestTask]:
    rows = list(filter(readable, rows))
    alerts = await _shown(session, rows, period)
    since = [row.unacknowledged_since or row.raised_at for row in rows]
    due = since if kind == "acknowledgement" else [row.report_due_at for row in rows]
    return [DigestTask.of(kind, alert, due_at) for alert, due_at in zip(alerts, due, strict=True)]


async def _remedies(
    session: ReadSession, found: Sequence[tuple[AlertRow, AlertRemedyRow]], period: Period
) -> list[DigestTask]:
    found = [(row, remedy) for row, remedy in found if readable(row)]
    alerts = await _shown(session, [row for row, _ in found], period)
    return [
        DigestTask.of("remedy", alert, None, due_on=remedy.due_on, n=remedy.n, what=remedy.what, who=remedy.who)
        for alert, (_, remedy) in zip(alerts, found, strict=True)
    ]


async def _shown(session: ReadSession, rows: Iterable[AlertRow], period: Period) -> list[AlertSnapshot]:
    return await with_mutes(session, [snapshot_of(row) for row in rows], period.until)
