"""Anti-entropy: what a source has, summarised; and what a listener asks to be published again."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from services.contracts.envelope import Event, Facts
from services.contracts.sources import ENROLMENT_SOURCE, TARGETS_SOURCE
from services.vocabulary import RegistryKind

Checksum: TypeAlias = Annotated[int, Field(ge=0, lt=2**63)]


class DaySummary(Facts):
    """The sign-ups signed on a day: how many, and the sum of the checksums of their facts modulo 2^63."""

    day: date
    n: int
    checksum: Checksum


class RegistrySummary(Facts):
    """The entries of one kind: how many, and the sum of the checksums of their codes and versions modulo 2^63."""

    kind: RegistryKind
    n: int
    checksum: Checksum


class EnrolmentSummaryFacts(Facts):
    """Complete for the days of a range: a day that is not listed has no sign-ups.

    The range goes from `from_day` to before `until_day`; None leaves an end open.
    """

    from_day: date | None = None
    until_day: date | None = None
    days: tuple[DaySummary, ...]
    registry: tuple[RegistrySummary, ...] = ()


class EnrolmentSummary(Event):
    """What enrolment has recorded. Everything in it was published before it."""

    type: Literal["drive.enrolment.summary.v1"] = "drive.enrolment.summary.v1"
    source: str = ENROLMENT_SOURCE
    data: EnrolmentSummaryFacts


class LaggingTarget(Facts):
    """A target that lags, in its present episode; `revision` is that of its last pace event."""

    target_id: UUID
    episode: int
    revision: int


class PaceSummaryFacts(Facts):
    """Complete for a range of ids: a target that is not listed does not lag.

    The range goes from `from_id` to before `until_id`; None leaves an end open.
    """

    from_id: UUID | None = None
    until_id: UUID | None = None
    lagging: tuple[LaggingTarget, ...]


class PaceSummary(Event):
    """Which targets lag. Everything in it was published before it."""

    type: Literal["drive.pace.summary.v1"] = "drive.pace.summary.v1"
    source: str = TARGETS_SOURCE
    data: PaceSummaryFacts


class KnownPace(Facts):
    """The highest episode and revision that the listener has received of a target, 0 where it has received none."""

    target_id: UUID
    episode: int = 0
    revision: int = 0


class ResendFacts(Facts):
    """What the source named by `addressee` is asked to publish again, under the ids that it had."""

    addressee: str
    days: tuple[date, ...] = ()
    registry: tuple[RegistryKind, ...] = ()
    targets: tuple[KnownPace, ...] = ()


class ResendRequested(Event):
    """A listener lacks events. `source` is the listener."""

    type: Literal["drive.resend.requested.v1"] = "drive.resend.requested.v1"
    data: ResendFacts
