"""What digests say beside the words of all mails, apart from the language. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.domain.digest import Every
from notifications.messages.digest_snapshot import TaskKind


@dataclass(frozen=True, slots=True)
class DigestWords:
    """One language. Texts in braces are places for names and figures; `changes` and `open` are by the fields of what a
    digest says."""

    title: str
    title_empty: str
    everything: str
    opening: Mapping[Every, str]
    nothing: str
    heading_changes: str
    changes: Mapping[str, str]
    no_changes: str
    heading_open: str
    open: Mapping[str, str]
    heading_units: str
    columns: tuple[str, str, str, str, str]
    unit: str
    more_units: str
    itself: str
    heading_overdue: str
    overdue: Mapping[TaskKind, str]
    heading_due: str
    due: Mapping[TaskKind, str]
    remedy: str
    more_tasks: str
    silenced: str
    heading_causes: str
    cause: str
    heading_gravest: str
    next: str
    label: str
