"""The settings of the notifications service."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, ClassVar

from pydantic import DirectoryPath, Field, field_validator
from pydantic_settings import NoDecode

from notifications.domain.mail_address import is_mail_address
from notifications.domain.mail_server import MailServer
from notifications.domain.receiver import GENEROUS, Rate
from notifications.domain.terms import LONGEST_REPORT_DAYS, Terms
from services.settings import Port, ServiceSettings

_SENDER = re.compile(r"(?P<name>[^<>@,;:()\[\]\"\\]+ <)?(?P<address>[^<>]+)(?(name)>)")
"""RFC 5322, 3.4: an address, or a name of words and an address in angle brackets."""


class NotificationsSettings(ServiceSettings):
    """Where notifications answers and keeps its data, its mail server, and which private networks it may call."""

    service: ClassVar[str] = "notifications"

    api_port: Port = Field(8003, validation_alias="NOTIFICATIONS_PORT")
    worker_port: Port = Field(8013, validation_alias="NOTIFICATIONS_WORKER_PORT")
    own_database_url: str | None = Field(None, validation_alias="NOTIFICATIONS_DATABASE_URL", repr=False)
    smtp_url: str | None = Field(None, validation_alias="SMTP_URL", repr=False)
    mail_from: str = Field("drive@localhost", validation_alias="DRIVE_MAIL_FROM")
    webhook_allow: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), validation_alias="DRIVE_WEBHOOK_ALLOW"
    )

    templates_dir: DirectoryPath | None = Field(None, validation_alias="DRIVE_TEMPLATES_DIR")
    group_wait_seconds: float = Field(30.0, ge=0, le=3600, validation_alias="DRIVE_GROUP_WAIT_SECONDS")
    group_interval_seconds: float = Field(300.0, ge=0, le=86_400, validation_alias="DRIVE_GROUP_INTERVAL_SECONDS")

    route_messages_per_minute: int = Field(
        GENEROUS.per_minute, ge=1, le=60_000, validation_alias="DRIVE_ROUTE_MESSAGES_PER_MINUTE"
    )
    deadline_seconds: float = Field(15.0, gt=0, le=60, validation_alias="DRIVE_DEADLINE_SECONDS")
    acknowledgement_hours: float = Field(24.0, gt=0, le=744, validation_alias="DRIVE_ACKNOWLEDGEMENT_HOURS")
    report_working_days: int = Field(3, ge=1, le=LONGEST_REPORT_DAYS, validation_alias="DRIVE_REPORT_WORKING_DAYS")

    repeat_hours: float = Field(24.0, ge=0, le=1440, validation_alias="DRIVE_REPEAT_HOURS")

    @property
    def rate(self) -> Rate:
        """How many messages each route may be sent, by all workers together."""
        return Rate(self.route_messages_per_minute)

    @property
    def terms(self) -> Terms:
        """How long things may take in the life of an alert."""
        return Terms(
            group_wait=timedelta(seconds=self.group_wait_seconds),
            group_interval=timedelta(seconds=self.group_interval_seconds),
            acknowledgement=timedelta(hours=self.acknowledgement_hours),
            report_days=self.report_working_days,
            repeat=timedelta(hours=self.repeat_hours) if self.repeat_hours else None,
        )

    @field_validator("webhook_allow", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _is_smtp(cls, value: str | None) -> str | None:
        if value:
            MailServer.of(value)
        return value

    @field_validator("mail_from", mode="after")
    @classmethod
    def _is_a_sender(cls, value: str) -> str:
        sender = _SENDER.fullmatch(value) if value.isprintable() else None
        if not sender or not is_mail_address(sender["address"]):
            raise ValueError("give a mail address, such as drive@bhxh.example or Drive <drive@bhxh.example>")
        return value
