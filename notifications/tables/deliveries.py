"""The deliveries, and each attempt to send one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import conv
from sqlmodel import Field

from notifications.domain.alert import ChangeKind
from notifications.domain.delivery import OutcomeName, State
from notifications.tables.base import Base
from services.persistence.checks import one_of


class DeliveryRow(Base, table=True):
    """One change of one alert for one route. `alert` is the alert as it was then, the same in every attempt.

    Or a digest: then `digest_name`, when that was due, and `digest`, what it says, are there in place of the alert.

    Deliveries of one `group_code` to one route go out together. `message_id` is set when they are claimed first, and
    kept: the deliveries of a message share its attempts and its state, but for those that were superseded before it
    went out. Both are null in rows of the version before, of which each is a message of its own.

    `earlier` are the messages that told the route of the alert before, `more` is how many alerts of the group did not
    fit: as they were when the message was claimed first, so that each attempt says the same. Both are null before, and
    in rows that the version before has claimed.

    `attempts_before` of the `attempts` were made before the delivery was replayed last; `early_attempts` of those since
    were made before their time, since the receiver had just taken something else.

    `reminders`: how often the route was told again of the alert by this row, which then is a part of another message:
    `reminder_id` stands for its own id in that one's. `told_at` is when the message went out last, in real time, and
    `remind_at` when to look whether the route is to be told again: null where nothing is to be looked at, and while the
    message is on its way.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("change", ChangeKind),
        one_of("state", State),
        CheckConstraint("(state = 'pending') = (next_attempt_at IS NOT NULL)", name=conv("deliveries_check")),
        CheckConstraint("(state = 'sending') = (leased_until IS NOT NULL)", name=conv("deliveries_check1")),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=conv("deliveries_check2")),
        CheckConstraint(
            "num_nulls(alert_id, alert_version, change, alert) = 4 * num_nonnulls(digest_name)"
            " AND num_nonnulls(digest_name, digest_due_at, digest) = 3 * num_nonnulls(digest_name)",
            name=conv("deliveries_of_alert_or_digest_check"),
        ),
        UniqueConstraint("alert_id", "alert_version", "route_name", name="uq_deliveries_alert_version_route"),
        Index(
            "uq_deliveries_digest",
            "digest_name",
            "digest_due_at",
            unique=True,
            postgresql_where=text("digest_name IS NOT NULL"),
        ),
        Index("ix_deliveries_due", "next_attempt_at", postgresql_where="state = 'pending'"),
        Index("ix_deliveries_message_id", "message_id"),
        Index("ix_deliveries_route_queued", "route_name", "queued_at"),
        Index("ix_deliveries_route_id", "route_name", "id"),
        Index("ix_deliveries_route_due", "route_name", "next_attempt_at", postgresql_where=text("state = 'pending'")),
        Index(
            "ix_deliveries_route_group",
            "route_name",
            "group_code",
            postgresql_where=text("state = 'pending' AND message_id IS NULL"),
        ),
        Index("ix_deliveries_sending", "route_name", postgresql_where=text("state = 'sending'")),
        Index(
            "ix_deliveries_alone",
            "id",
            postgresql_where=text("state = 'pending' AND message_id IS NULL AND attempts > 0"),
        ),
        Index("ix_deliveries_leased", "leased_until", postgresql_where="state = 'sending'"),
        Index("ix_deliveries_given_up", "state", "id", postgresql_where=text("state IN ('failed', 'unconfirmed')")),
        Index("ix_deliveries_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
        Index(
            "ix_deliveries_remind_group",
            "route_name",
            "group_code",
            "remind_at",
            postgresql_where=text("remind_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    alert_id: UUID | None = Field(default=None, foreign_key="alerts.id")
    alert_version: int | None = None
    change: ChangeKind | None = Field(default=None, sa_type=Text)
    alert: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    route_name: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    state: State = Field(sa_type=Text)
    attempts: int
    attempts_before: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    early_attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    queued_at: datetime
    next_attempt_at: datetime | None = None
    leased_until: datetime | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    sent_at: datetime | None = None
    group_code: str | None = Field(default=None, sa_type=Text)
    message_id: UUID | None = None
    earlier: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    more: int | None = None
    digest_name: str | None = Field(default=None, sa_type=Text)
    digest_due_at: datetime | None = None
    digest: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    reminders: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reminder_id: UUID | None = None
    told_at: datetime | None = None
    remind_at: datetime | None = None


class AttemptRow(Base, table=True):
    """What came of one attempt."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (one_of("outcome", OutcomeName),)

    delivery_id: UUID = Field(primary_key=True, foreign_key="deliveries.id", ondelete="CASCADE")
    attempt: int = Field(primary_key=True)
    at: datetime
    outcome: OutcomeName = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)
