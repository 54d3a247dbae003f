"""The settings of the enrolment service."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator

from enrolment_api.domain.enrolment import AmountPolicy
from enrolment_api.domain.household import HouseholdPolicy
from services.settings import Port, ServiceSettings


class EnrolmentSettings(ServiceSettings):
    """Where enrolment answers and keeps its data."""

    service: ClassVar[str] = "enrolment"

    api_port: Port = Field(8001, validation_alias="ENROLMENT_API_PORT")
    worker_port: Port = Field(8011, validation_alias="ENROLMENT_WORKER_PORT")
    household_order: HouseholdPolicy = Field("refuse", validation_alias="DRIVE_HOUSEHOLD_ORDER")
    amount_paid: AmountPolicy = Field("refuse", validation_alias="DRIVE_AMOUNT_PAID")
    rates_file: Path | None = Field(None, validation_alias="DRIVE_RATES_FILE")
    mismatches_an_hour: int = Field(20, ge=1, validation_alias="DRIVE_MISMATCHES_PER_HOUR")
    own_database_url: str | None = Field(None, validation_alias="ENROLMENT_DATABASE_URL", repr=False)

    @field_validator("rates_file", mode="after")
    @classmethod
    def _has_rates(cls, value: Path | None) -> Path | None:
        if value:
            from enrolment_api.contributions.rates import load_rates  # noqa: PLC0415 - only where there is one

            load_rates(value)
        return value
