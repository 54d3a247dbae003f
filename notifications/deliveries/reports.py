"""What people have reported of alerts, for messages of channels that show it. It is read when a message is sent, so
that no delivery holds another copy of what people wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, select
from sqlmodel import col

from notifications.domain.alert import ChangeKind
from notifications.domain.report import RemedyState
from notifications.messages.digest_snapshot import DigestTask
from notifications.messages.outgoing_message import Notice, OutgoingMessage
from notifications.messages.told_report import ToldCause, ToldRemedy, ToldReport
from notifications.tables.causes import CauseRow
from notifications.tables.reports import AlertCauseRow, AlertRemedyRow
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, table_of

_ABOUT_REPORTS: Final[frozenset[ChangeKind]] = frozenset({"reported", "remedy_missed"})


class ReportedCause(NamedTuple):
    """A cause of the report by which the alert came to this version."""

    alert_id: UUID
    version: int
    name_vi: str
    name_en: str
    note: str | None


class ReportedRemedy(NamedTuple):
    """A remedy of a report by which the alert came to this version."""

    alert_id: UUID
    version: int
    n: int
    what: str
    who: str
    due_on: date
    state: RemedyState


CAUSES: Final = Query(
    ReportedCause,
    select(
        col(AlertCauseRow.alert_id),
        col(AlertCauseRow.version),
        col(CauseRow.name_vi),
        col(CauseRow.name_en),
        col(AlertCauseRow.note),
    )
    .join(CauseRow, col(CauseRow.code) == col(AlertCauseRow.code))
    .where(col(AlertCauseRow.alert_id) == among("alert_ids", Uuid()))
    .order_by(col(AlertCauseRow.alert_id), col(AlertCauseRow.version), col(AlertCauseRow.place)),
)
REMEDIES: Final = Query(
    ReportedRemedy,
    select(*(table_of(AlertRemedyRow).c[name] for name in ReportedRemedy._fields))
    .where(col(AlertRemedyRow.alert_id) == among("alert_ids", Uuid()))
    .order_by(col(AlertRemedyRow.alert_id), col(AlertRemedyRow.n)),
)


async def with_reports(work: UnitOfWork, messages: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
    """Messages whose notices about reports have what was reported by then; remedies are as they are now."""
    ids = {"alert_ids": [each.alert.id for message in messages for each in message.notices if _tells_it(each)]}
    if not ids["alert_ids"]:
        return list(messages)
    causes: dict[UUID, list[ReportedCause]] = defaultdict(list)
    remedies: dict[UUID, list[ReportedRemedy]] = defaultdict(list)
    for cause in await work.all(CAUSES, ids):
        causes[cause.alert_id].append(cause)
    for remedy in await work.all(REMEDIES, ids):
        remedies[remedy.alert_id].append(remedy)

    def told(notice: Notice) -> Notice:
        alert_id, version = notice.alert.id, notice.alert.version
        return replace(notice, report=_report(causes[alert_id], remedies[alert_id], version))

    return [
        replace(message, notices=tuple(told(each) if _tells_it(each) else each for each in message.notices))
        for message in messages
    ]


async def with_remedies(work: UnitOfWork, messages: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
    """Digests whose remedies have their texts, as they are now."""
    tasks = [task for message in messages for task in _tasks(message)]
    ids = {task.alert_id for task in tasks if task.n is not None}
    rows = await work.all(REMEDIES, {"alert_ids": list(ids)}) if ids else []
    found = {(row.alert_id, row.n): row for row in rows}
    return [_with_texts(message, found) for message in messages]


def _tasks(message: OutgoingMessage) -> list[DigestTask]:
    digest = message.digest.digest if message.digest else None
    return [*digest.overdue, *digest.due] if digest else []


def _with_texts(message: OutgoingMessage, found: Mapping[tuple[UUID, int], ReportedRemedy]) -> OutgoingMessage:
    if message.digest is None:
        return message
    digest = message.digest.digest
    overdue, due = ([_told(task, found) for task in tasks] for tasks in (digest.overdue, digest.due))
    told = digest.model_copy(update={"overdue": overdue, "due": due})
    return replace(message, digest=replace(message.digest, digest=told))


def _told(task: DigestTask, found: Mapping[tuple[UUID, int], ReportedRemedy]) -> DigestTask:
    remedy = found.get((task.alert_id, task.n or 0))
    return task.model_copy(update={"what": remedy.what, "who": remedy.who}) if remedy else task


def _tells_it(notice: Notice) -> bool:
    is_told = notice.change in _ABOUT_REPORTS or (notice.change == "escalated" and notice.alert.status == "reported")
    return is_told and notice.alert.report is not None


def _report(causes: Sequence[ReportedCause], remedies: Sequence[ReportedRemedy], version: int) -> ToldReport:
    reports = [list(each) for made_at, each in groupby(causes, lambda cause: cause.version) if made_at <= version]
    return ToldReport(
        [ToldCause(each.name_vi, each.name_en, each.note) for each in (reports[-1] if reports else ())],
        [ToldRemedy(*each[2:]) for each in remedies if each.version <= version],
    )
