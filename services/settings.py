"""Every setting, read once from the environment."""

from __future__ import annotations

import base64
import re
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from services.mail_address import is_mail_address

ServiceName = Literal["enrolment", "targets", "notifications"]
SERVICES: tuple[ServiceName, ...] = ("enrolment", "targets", "notifications")
Port = Annotated[int, Field(ge=1, le=65535)]
SHORTEST_KEY = 32
_SENDER = re.compile(r"(?P<name>[^<>@,;:()\[\]\"\\]+ <)?(?P<address>[^<>]+)(?(name)>)")
"""RFC 5322, 3.4: an address, or a name of words and an address in angle brackets."""
_SERVERS = {
    "amqp_url": (("amqp", "amqps"), "amqp://user:password@host:5672/vhost"),
    "smtp_url": (("smtp", "smtps"), "smtp://user:password@host:587"),
}


class Settings(BaseSettings):
    """The environment, typed. Names are those of the table in docs/operations.md."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True, hide_input_in_errors=True
    )

    env: Literal["development", "production"] = Field("development", validation_alias="DRIVE_ENV")
    data_dir: Path = Field(Path(".data"), validation_alias="DRIVE_DATA_DIR")
    host: str = Field("127.0.0.1", validation_alias="DRIVE_HOST")
    today: date | None = Field(None, validation_alias="DRIVE_TODAY")
    secret_keys: str | None = Field(None, validation_alias="DRIVE_SECRET_KEYS", repr=False)

    database_url: str | None = Field(None, validation_alias="DATABASE_URL", repr=False)
    enrolment_database_url: str | None = Field(None, validation_alias="ENROLMENT_DATABASE_URL", repr=False)
    targets_database_url: str | None = Field(None, validation_alias="TARGETS_DATABASE_URL", repr=False)
    notifications_database_url: str | None = Field(None, validation_alias="NOTIFICATIONS_DATABASE_URL", repr=False)
    amqp_url: str | None = Field(None, validation_alias="AMQP_URL", repr=False)

    enrolment_api_port: Port = Field(8001, validation_alias="ENROLMENT_API_PORT")
    targets_api_port: Port = Field(8002, validation_alias="TARGETS_API_PORT")
    notifications_port: Port = Field(8003, validation_alias="NOTIFICATIONS_PORT")
    enrolment_worker_port: Port = Field(8011, validation_alias="ENROLMENT_WORKER_PORT")
    targets_worker_port: Port = Field(8012, validation_alias="TARGETS_WORKER_PORT")
    notifications_worker_port: Port = Field(8013, validation_alias="NOTIFICATIONS_WORKER_PORT")

    smtp_url: str | None = Field(None, validation_alias="SMTP_URL", repr=False)
    mail_from: str = Field("drive@localhost", validation_alias="DRIVE_MAIL_FROM")
    webhook_allow: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), validation_alias="DRIVE_WEBHOOK_ALLOW"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", validation_alias="DRIVE_LOG_LEVEL")
    review_seconds: float = Field(30.0, gt=0, validation_alias="DRIVE_REVIEW_SECONDS")
    reconcile_seconds: float = Field(60.0, gt=0, validation_alias="DRIVE_RECONCILE_SECONDS")

    @field_validator("webhook_allow", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator(
        "database_url", "enrolment_database_url", "targets_database_url", "notifications_database_url", mode="after"
    )
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        remedy = "give a URL such as postgresql://user:password@host:5432/name"
        if value and not value.startswith(("postgresql://", "postgres://", "postgresql+asyncpg://")):
            raise ValueError(remedy)
        try:
            make_url(value or "postgresql://")
        except (ArgumentError, ValueError):
            raise ValueError(remedy) from None  # the cause may hold the password
        return value

    @field_validator("amqp_url", "smtp_url", mode="after")
    @classmethod
    def _is_a_server(cls, value: str | None, info: ValidationInfo) -> str | None:
        schemes, example = _SERVERS[info.field_name or ""]
        try:
            parts = urlsplit(value or f"{schemes[0]}://localhost")
            valid = parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:
            valid = False
        if not valid:
            raise ValueError(f"give a URL such as {example}")
        return value

    @field_validator("mail_from", mode="after")
    @classmethod
    def _is_a_sender(cls, value: str) -> str:
        sender = _SENDER.fullmatch(value) if value.isprintable() else None
        if not sender or not is_mail_address(sender["address"]):
            raise ValueError("give a mail address, such as drive@bhxh.example or Drive <drive@bhxh.example>")
        return value

    @field_validator("secret_keys", mode="after")
    @classmethod
    def _are_keys(cls, value: str | None) -> str | None:
        if value:
            secret_keys_in(value)
        return value

    @model_validator(mode="after")
    def _refuse_what_production_must_not_have(self) -> Self:
        if self.env == "production" and self.today:
            raise ValueError("DRIVE_TODAY is refused where DRIVE_ENV=production: unset it to use the real date")
        if self.env == "production" and not self.secret_keys:
            raise ValueError("DRIVE_SECRET_KEYS is required where DRIVE_ENV=production")
        return self

    def api_port(self, service: ServiceName) -> int:
        """The port on which the service answers."""
        return {
            "enrolment": self.enrolment_api_port,
            "targets": self.targets_api_port,
            "notifications": self.notifications_port,
        }[service]

    def worker_port(self, service: ServiceName) -> int:
        """The port on which the service's worker tells its health."""
        return {
            "enrolment": self.enrolment_worker_port,
            "targets": self.targets_worker_port,
            "notifications": self.notifications_worker_port,
        }[service]

    def database_url_of(self, service: ServiceName) -> URL | None:
        """The service's own database, or None where PostgreSQL is embedded."""
        own = {
            "enrolment": self.enrolment_database_url,
            "targets": self.targets_database_url,
            "notifications": self.notifications_database_url,
        }[service]
        if own:
            return make_url(own).set(drivername="postgresql+asyncpg")
        if self.database_url:
            server = make_url(self.database_url)
            return server.set(drivername="postgresql+asyncpg", database=database_name(service))
        return None


def secret_keys_in(text: str) -> list[bytes]:
    """The keys of a comma-separated list. Raises ValueError, which does not tell them."""
    try:
        keys = [base64.urlsafe_b64decode(part.strip() + "==") for part in text.split(",") if part.strip()]
    except ValueError:
        keys = []
    if not keys or any(len(key) < SHORTEST_KEY for key in keys):
        raise ValueError(f"each key must be at least {SHORTEST_KEY} bytes, base64url-encoded")
    return keys


def database_name(service: ServiceName) -> str:
    """The name of the service's database where it is not given by a URL of its own."""
    return f"drive_{service}"
