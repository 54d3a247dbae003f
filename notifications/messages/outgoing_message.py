"""A message on its way to a channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.domain.alert import NoticeKind
from notifications.domain.route import Language
from notifications.messages.alert_snapshot import ReportedAlert
from notifications.messages.digest_snapshot import DigestSnapshot
from notifications.messages.told_report import ToldReport
from services.contracts.pace import PaceFigures


@dataclass(frozen=True, slots=True)
class Notice:
    """One change of one alert, or a reminder of it. `earlier` are the messages that told the route of the alert before,
    the oldest first, as far as is known. For channels that show them: `course` are the figures of the changes before,
    `report` is what was reported, where the change is about that."""

    change: NoticeKind
    alert: ReportedAlert
    queued_at: datetime
    earlier: tuple[UUID, ...] = ()
    course: tuple[PaceFigures, ...] = ()
    report: ToldReport | None = None

    @property
    def is_first(self) -> bool:
        """No message about the alert was sent to the route before."""
        return not self.earlier


@dataclass(frozen=True, slots=True)
class RouteTest:
    """What a message tells that was asked for to test its route: when, and by which request."""

    at: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True)
class DigestNotice:
    """What a digest says, the same in every attempt."""

    digest: DigestSnapshot
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """Claimed deliveries of one group to one route, as a channel sends them: at least one notice; or a `test` or a
    `digest`, and none. The secrets are sealed; the previous one is there while it is valid.

    `group_code` is as `notifications.domain.grouping` makes it, `group_name` that of its unit, where they are known.
    `more`: so many alerts of the group did not fit, and follow in further messages.
    """

    id: UUID
    attempt: int
    route_name: str
    channel: str
    address: str
    secret: str | None
    previous_secret: str | None
    leased_until: datetime
    notices: tuple[Notice, ...]
    language: Language = "vi"
    group_code: str | None = None
    group_name: str | None = None
    more: int = 0
    test: RouteTest | None = None
    digest: DigestNotice | None = None

    @property
    def queued_at(self) -> datetime:
        """When the first of its changes or the digest was queued, or the test was asked for: the same in every
        attempt."""
        if self.digest:
            return self.digest.queued_at
        return self.test.at if self.test else min(notice.queued_at for notice in self.notices)
