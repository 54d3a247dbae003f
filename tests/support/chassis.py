"""A service that is nothing but the chassis."""

from __future__ import annotations

from typing import ClassVar

from services.settings import Port, ServiceSettings


class ChassisSettings(ServiceSettings):
    """Settings of no service in particular."""

    service: ClassVar[str] = "targets"

    api_port: Port = 8901
    worker_port: Port = 8902
    own_database_url: str | None = None
