"""The settings of the enrolment service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from enrolment_api.domain.household import HouseholdPolicy
from services.settings import Port, ServiceSettings


class EnrolmentSettings(ServiceSettings):
    """Where enrolment answers and keeps its data."""

    service: ClassVar[str] = "enrolment"

    api_port: Port = Field(8001, validation_alias="ENROLMENT_API_PORT")
    worker_port: Port = Field(8011, validation_alias="ENROLMENT_WORKER_PORT")
    household_order: HouseholdPolicy = Field("refuse", validation_alias="DRIVE_HOUSEHOLD_ORDER")
    own_database_url: str | None = Field(None, validation_alias="ENROLMENT_DATABASE_URL", repr=False)
