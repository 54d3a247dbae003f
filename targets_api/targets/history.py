"""What has become of a target since it was set, as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from pydantic import BaseModel, Field

from services.security.claims import LONGEST_TEXT
from services.shown import (
    ShownDay,
    ShownOrganisation,
    ShownText,
    ShownTime,
    ShownValue,
    ShownVersion,
)
from targets_api.domain.target import Target
from targets_api.targets.queries import TargetChange, WhoSet

What: TypeAlias = Literal["set", "revised", "withdrawn"]


class TargetChangedBy(BaseModel):
    """Who did it: the person or client that the token was issued to."""

    organisation_code: ShownOrganisation
    subject: str = Field(description="Id of the person or client", examples=["BHXH-38"], max_length=LONGEST_TEXT)


class TargetHistoryEntry(BaseModel):
    """What made a version of a target."""

    version: ShownVersion
    what: What = Field(description="What was done", examples=["revised"])
    at: ShownTime | None = Field(description="When, in UTC; null for what was set before that was kept")
    by: TargetChangedBy | None = Field(description="By whom; null for what was set before that was kept")
    reason: ShownText | None = Field(description="Why; null where it was set", examples=["The province raised it."])
    value: ShownValue | None = Field(description="The value from then on; null where it was withdrawn")
    value_before: ShownValue | None = Field(description="The value before; null where it was set", examples=[0.95])
    holds_from: ShownDay = Field(
        serialization_alias="from",
        description="From which day on: the first of its period, that of the revision, or that of the withdrawal",
    )


class TargetHistory(BaseModel):
    """The versions of a target, oldest first."""

    items: list[TargetHistoryEntry] = Field(description="Its versions", json_schema_extra={"maxItems": 10_000})


def history_of(target: Target, setting: WhoSet, changes: Sequence[TargetChange]) -> TargetHistory:
    """How it was set, and each change since."""
    first = next((change.value_before for change in changes if change.value_before is not None), target.value)
    begun = TargetHistoryEntry(
        version=1,
        what="set",
        at=setting.set_at,
        by=_by(setting),
        reason=None,
        value=first,
        value_before=None,
        holds_from=target.starts_on,
    )
    return TargetHistory(items=[begun, *(_entry(target, change) for change in changes)])


def _entry(target: Target, change: TargetChange) -> TargetHistoryEntry:
    is_revision = change.value is not None
    before = change.value_before if is_revision else target.value
    return TargetHistoryEntry(
        version=change.version,
        what="revised" if is_revision else "withdrawn",
        at=change.changed_at,
        by=_by(change),
        reason=change.reason,
        value=change.value,
        value_before=before,
        holds_from=change.holds_from or target.withdrawn_on or target.starts_on,
    )


def _by(who: WhoSet | TargetChange) -> TargetChangedBy | None:
    if who.organisation_code is None or who.subject is None:
        return None
    return TargetChangedBy(organisation_code=who.organisation_code, subject=who.subject)
