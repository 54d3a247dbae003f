"""The pace of targets."""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from services.contracts.envelope import WHOLE, Code, Event, Facts, Name, fact
from services.contracts.sources import TARGETS_SOURCE
from services.vocabulary import Measure, PaceStatus, Scheme, Scope, Severity


class PaceFigures(Facts):
    """What the verdict rests on.

    `achieved` and `value` are in the unit of the measure (persons; a share for coverage); `attained` and `expected` are
    shares of the way from where the target began; `ratio` is attained / expected;
    `short_by` and `needed_per_day` are persons.
    """

    on: date = fact("The business day on which it was judged", "2025-10-25", maxLength=10)
    value: float = fact("The value of the target", 0.9515, format="double")
    achieved: float = fact("What is reached by now", 0.7511, format="double")
    attained: float = fact("The share of the way that is behind it", 0.062, format="double")
    expected: float = fact("The share of the way that is expected by now", 0.27, format="double")
    ratio: float | None = fact("attained / expected; null where nothing is expected yet", 0.229)
    short_by: int = fact("How many persons are missing by now", 1186, minimum=0, maximum=10_000_000_000, format="int64")
    needed_per_day: float | None = fact("Persons for each day left that counts; null where no day is left", 79.9)


class PaceFacts(Facts):
    """A target's pace after a transition.

    `episode` counts the times this target fell behind; `revision` grows with every pace event of the target, so that a
    late or repeated event can be distinguished from a new one. `path` is the unit and those above it, top first;
    `organisations` are the one that the target belongs to (which its scope names, else its collector's) and those above
    that, upwards.
    `worst_severity` is the gravest that the episode had so far, also where it ends. `withdrawn`: the
    target is no more, which ended the episode.
    """

    target_id: UUID = fact("Id of the target", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    target_name: Name | None = fact("What people call it; null where it has no name", "Q4")
    episode: int = fact("Which lag of the target it is: 1 for the first", 1, **WHOLE)
    revision: int = fact("Grows with every pace event of the target", 1, **WHOLE)
    scope: Scope = Field(description="What the target is about")
    unit_name: Name | None = fact("Name of the unit, where the target is about one", "Xã Cẩm Thạch")
    path: tuple[Code, ...] = fact("The unit and those above it, the highest first", ["38", "15142"], maxItems=100)
    organisations: tuple[Code, ...] = Field(
        (),
        description="The organisation that the target belongs to and those above that, upwards; left out without any",
        examples=[["BD-CAM-THUY"]],
        json_schema_extra={"maxItems": 100},
        exclude_if=lambda organisations: not organisations,
    )
    scheme: Scheme = fact("Household health insurance or voluntary social insurance", "household_health")
    measure: Measure = fact("What is measured", "coverage")
    starts_on: date = fact("First day of its period", "2025-10-01")
    ends_on: date = fact("Last day of its period", "2025-12-31")
    status: PaceStatus = fact("The verdict on the target", "behind")
    severity: Severity | None = fact("How far the target lags behind; null where it does not", "critical")
    worst_severity: Severity | None = fact("The gravest that the episode had so far", "critical", None)
    withdrawn: bool = Field(
        False,
        description="Whether the target is no more; left out where it is",
        examples=[True],
        exclude_if=lambda withdrawn: not withdrawn,
    )
    figures: PaceFigures = Field(description="What the verdict rests on")


class PaceFellBehind(Event):
    """A target began to lag behind its pace."""

    type: Literal["drive.pace.fell_behind.v1"] = "drive.pace.fell_behind.v1"
    source: str = TARGETS_SOURCE
    data: PaceFacts


class PaceWorsened(Event):
    """A target that lagged already lags more gravely."""

    type: Literal["drive.pace.worsened.v1"] = "drive.pace.worsened.v1"
    source: str = TARGETS_SOURCE
    data: PaceFacts


class PaceRecovered(Event):
    """A target that lagged has caught up."""

    type: Literal["drive.pace.recovered.v1"] = "drive.pace.recovered.v1"
    source: str = TARGETS_SOURCE
    data: PaceFacts


PaceEvent: TypeAlias = PaceFellBehind | PaceWorsened | PaceRecovered
