"""The settings of the targets service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from services.settings import Port, ServiceSettings


class TargetsSettings(ServiceSettings):
    """Where targets answers and keeps its data, and how often it reviews what time alone may have changed."""

    service: ClassVar[str] = "targets"

    api_port: Port = Field(8002, validation_alias="TARGETS_API_PORT")
    worker_port: Port = Field(8012, validation_alias="TARGETS_WORKER_PORT")
    own_database_url: str | None = Field(None, validation_alias="TARGETS_DATABASE_URL", repr=False)
    review_seconds: float = Field(30.0, gt=0, validation_alias="DRIVE_REVIEW_SECONDS")
