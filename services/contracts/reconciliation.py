"""Anti-entropy: what a source has, summarised; and what a listener asks to be published again."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from services.contracts.envelope import WHOLE, Event, Facts, fact
from services.contracts.sources import ENROLMENT_SOURCE, TARGETS_SOURCE
from services.vocabulary import RegistryKind

Checksum: TypeAlias = Annotated[int, Field(ge=0, le=2**63 - 1)]


class DaySummary(Facts):
    """The sign-ups signed on a day: how many, and the sum of the checksums of their facts modulo 2^63."""

    day: date = fact("The business day of the signing", "2025-10-25")
    n: int = fact("How many", 352, minimum=0, maximum=10**10, format="int64")
    checksum: Checksum = fact("The sum of their checksums modulo 2^63", 1234567890, format="int64")


class RegistrySummary(Facts):
    """The entries of one kind: how many, and the sum of the checksums of their codes and versions modulo 2^63."""

    kind: RegistryKind = fact("What kind of entries", "unit")
    n: int = fact("How many", 352, minimum=0, maximum=10**10, format="int64")
    checksum: Checksum = fact("The sum of their checksums modulo 2^63", 1234567890, format="int64")


class EnrolmentSummaryFacts(Facts):
    """Complete for the days of a range: a day that is not listed has no sign-ups.

    The range goes from `from_day` to before `until_day`; None leaves an end open.
    """

    from_day: date | None = fact("The first day of the range; null: open", "2025-01-01", None)
    until_day: date | None = fact("The day after the range; null: open", "2026-01-01", None)
    days: tuple[DaySummary, ...] = Field(
        description="Days on which somebody was signed up", json_schema_extra={"maxItems": 100_000}
    )
    registry: tuple[RegistrySummary, ...] = Field(
        (), description="All entries, by their kind", json_schema_extra={"maxItems": 3}
    )


class EnrolmentSummary(Event):
    """What enrolment has recorded. Everything in it was published before it."""

    type: Literal["drive.enrolment.summary.v1"] = "drive.enrolment.summary.v1"
    source: str = ENROLMENT_SOURCE
    data: EnrolmentSummaryFacts


class LaggingTarget(Facts):
    """A target that lags, in its present episode; `revision` is that of its last pace event."""

    target_id: UUID = fact("Id of the target", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    episode: int = fact("Which lag of the target it is: 1 for the first", 1, **WHOLE)
    revision: int = fact("That of its last pace event", 1, **WHOLE)


class PaceSummaryFacts(Facts):
    """Complete for a range of ids: a target that is not listed does not lag.

    The range goes from `from_id` to before `until_id`; None leaves an end open.
    """

    from_id: UUID | None = fact("The first id of the range; null: open", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01", None)
    until_id: UUID | None = fact("The id after the range; null: open", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01", None)
    lagging: tuple[LaggingTarget, ...] = Field(description="The targets that lag", json_schema_extra={"maxItems": 1000})


class PaceSummary(Event):
    """Which targets lag. Everything in it was published before it."""

    type: Literal["drive.pace.summary.v1"] = "drive.pace.summary.v1"
    source: str = TARGETS_SOURCE
    data: PaceSummaryFacts


class KnownPace(Facts):
    """The highest episode and revision that the listener has received of a target, 0 where it has received none."""

    target_id: UUID = fact("Id of the target", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    episode: int = fact("Which lag of the target it is: 1 for the first", 1, 0, **WHOLE)
    revision: int = fact("That of its last pace event", 1, 0, **WHOLE)


class ResendFacts(Facts):
    """What the source named by `addressee` is asked to publish again, under the ids that it had."""

    addressee: str = fact("The service that is asked", "/drive/enrolment", maxLength=100)
    days: tuple[date, ...] = fact("Days whose sign-ups are asked for", ["2025-10-25"], (), maxItems=100_000)
    registry: tuple[RegistryKind, ...] = fact("Kinds of entries that are asked for", ["unit"], (), maxItems=3)
    targets: tuple[KnownPace, ...] = Field(
        (), description="Targets whose pace is asked for", json_schema_extra={"maxItems": 100_000}
    )


class ResendRequested(Event):
    """A listener lacks events. `source` is the listener."""

    type: Literal["drive.resend.requested.v1"] = "drive.resend.requested.v1"
    data: ResendFacts
