"""The settings that every process has, read once from the environment; each service extends them by its own."""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.server_urls import checked_server, postgresql_url, with_password

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
SHORTEST_KEY = 32


class Settings(BaseSettings):
    """Names are those of the table in docs/operations.md."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True, hide_input_in_errors=True
    )

    env: Literal["development", "production"] = Field("development", validation_alias="DRIVE_ENV")
    data_dir: Path = Field(Path(".data"), validation_alias="DRIVE_DATA_DIR")
    host: str = Field("127.0.0.1", validation_alias="DRIVE_HOST")
    today: date | None = Field(None, validation_alias="DRIVE_TODAY")
    secret_keys: str | None = Field(None, validation_alias="DRIVE_SECRET_KEYS", repr=False)
    database_url: str | None = Field(None, validation_alias="DATABASE_URL", repr=False)
    database_password: str | None = Field(None, validation_alias="DATABASE_PASSWORD", repr=False)
    amqp_url: str | None = Field(None, validation_alias="AMQP_URL", repr=False)
    amqp_password: str | None = Field(None, validation_alias="AMQP_PASSWORD", repr=False)
    public_url: str | None = Field(None, validation_alias="DRIVE_PUBLIC_URL")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", validation_alias="DRIVE_LOG_LEVEL")
    reconcile_seconds: float = Field(60.0, gt=0, validation_alias="DRIVE_RECONCILE_SECONDS")
    http_connections: int = Field(1000, ge=1, validation_alias="DRIVE_HTTP_CONNECTIONS")

    @field_validator("database_url", "own_database_url", mode="after", check_fields=False)
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value:
            postgresql_url(value)
        return value

    @field_validator("amqp_url", mode="after")
    @classmethod
    def _is_amqp(cls, value: str | None) -> str | None:
        return checked_server(value, ("amqp", "amqps"), "amqp://user:password@host:5672/vhost")

    @field_validator("public_url", mode="after")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        url = checked_server(value, ("http", "https"), "https://drive.example.org")
        return url.rstrip("/") if url else url

    def broker_url(self) -> str | None:
        """AMQP_URL, with AMQP_PASSWORD where it holds none of its own."""
        return with_password(self.amqp_url, self.amqp_password) if self.amqp_url else None

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


class ServiceSettings(Settings):
    """The settings of one service. A subclass names the service, and the variables of its ports and its database."""

    service: ClassVar[str]

    api_port: Port
    """The port on which the service answers."""
    worker_port: Port
    """The port on which its worker reports its health."""
    own_database_url: str | None

    def database(self) -> URL | None:
        """The service's own database, or None where PostgreSQL is embedded."""
        if self.own_database_url:
            url = self._with_password(postgresql_url(self.own_database_url))
            return url if url.database else url.set(database=self.database_name())
        if self.database_url:
            return self._with_password(postgresql_url(self.database_url)).set(database=self.database_name())
        return None

    def _with_password(self, url: URL) -> URL:
        return url if url.password or not self.database_password else url.set(password=self.database_password)

    def database_setting(self) -> str:
        """The variable that says where its database is, for messages that name the remedy."""
        if self.own_database_url:
            return self.variable("own_database_url")
        return self.variable("database_url" if self.database_url else "data_dir")

    @classmethod
    def database_name(cls) -> str:
        """The name of the service's database where it has no URL of its own."""
        return f"drive_{cls.service}"

    @classmethod
    def variable(cls, field: str) -> str:
        """The environment variable of a field, for messages that name the remedy."""
        return str(cls.model_fields[field].validation_alias)


def secret_keys_in(text: str) -> list[bytes]:
    """The keys of a comma-separated list. Raises ValueError, which does not repeat them."""
    try:
        keys = [base64.urlsafe_b64decode(part.strip() + "==") for part in text.split(",") if part.strip()]
    except ValueError:
        keys = []
    if not keys or any(len(key) < SHORTEST_KEY for key in keys):
        raise ValueError(f"each key must be at least {SHORTEST_KEY} bytes, base64url-encoded")
    return keys
