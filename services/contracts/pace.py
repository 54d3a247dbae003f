"""The pace of targets."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from services.contracts.envelope import Code, Event, Facts, Name
from services.contracts.sources import TARGETS_SOURCE
from services.vocabulary import Measure, PaceStatus, Scheme, Scope, Severity


def _figure(description: str, example: object, **limits: Any) -> Any:
    """A field as the OpenAPI document of alerts shows it."""
    return Field(description=description, examples=[example], json_schema_extra=limits)


class PaceFigures(Facts):
    """What the verdict rests on.

    `achieved` and `value` are in the unit of the measure (persons; a share for coverage); `attained` and `expected` are
    shares of the way from where the target began; `ratio` is attained / expected;
    `short_by` and `needed_per_day` are persons.
    """

    on: date = _figure("The day at whose end it was judged", "2025-10-25", maxLength=10)
    value: float = _figure("The value of the target", 0.9515, format="double")
    achieved: float = _figure("What is reached by now", 0.7511, format="double")
    attained: float = _figure("The share of the way that is behind it", 0.062, format="double")
    expected: float = _figure("The share of the way that is expected by now", 0.27, format="double")
    ratio: float | None = _figure("attained / expected; null where nothing is expected yet", 0.229)
    short_by: int = _figure(
        "How many persons are missing by now", 1186, minimum=0, maximum=10_000_000_000, format="int64"
    )
    needed_per_day: float | None = _figure("Persons for each day left that counts; null where no day is left", 79.9)


class PaceFacts(Facts):
    """A target's pace after a transition.

    `episode` counts the times this target fell behind; `revision` grows with every pace event of the target, so that a
    late or repeated event can be distinguished from a new one. `path` is the unit and those above it, top first;
    `organisations` are the one that the target belongs to (which its scope names, else its collector's) and those above
    that, upwards.
    `worst_severity` is the gravest that the episode had so far, also where it ends. `withdrawn`: the
    target is no more, which ended the episode.
    """

    target_id: UUID
    target_name: Name | None
    episode: int
    revision: int
    scope: Scope
    unit_name: Name | None
    path: tuple[Code, ...]
    organisations: tuple[Code, ...] = Field((), exclude_if=lambda organisations: not organisations)
    scheme: Scheme
    measure: Measure
    starts_on: date
    ends_on: date
    status: PaceStatus
    severity: Severity | None
    worst_severity: Severity | None = None
    withdrawn: bool = Field(False, exclude_if=lambda withdrawn: not withdrawn)
    figures: PaceFigures


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
