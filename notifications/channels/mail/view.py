"""What a message says, as values that templates lay out. Every text is in one language, and has no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from notifications.channels.mail.words import Words

Tone: TypeAlias = Literal["critical", "warning", "info", "success"]


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the API, or a page. `href`: it may be opened as it is; HTML shows `label` in place of a long one."""

    text: str
    href: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do."""

    text: str
    calls: Sequence[Call]


@dataclass(frozen=True, slots=True)
class ChartWords:
    """What stands around a chart, and in its place."""

    alt: str
    first: str
    last: str
    reached: str
    expected: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert of several: `text` with its target, `short` without; `details` are until when a report is due, and what
    was reported; `reference` is its address, or its id; `answer` is the page on which it is acknowledged and reported;
    `chart` is there for those that are shown as pictures, too. Beyond the gravest ones there is `short` alone, and
    beyond those for which HTML has room it is not listed there."""

    alert_id: UUID
    text: str
    short: str
    details: Sequence[str]
    reference: str
    href: str | None
    answer: Call | None
    chart: ChartWords | None
    is_listed: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether all is there that is known of the alert."""
        return bool(self.reference)


@dataclass(frozen=True, slots=True)
class Section:
    """Alerts with the same change, the gravest first."""

    heading: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class View:
    """A message. Of one alert: `rows` of names and values, `lines` for a chat, `reference`, and `chart`. Of several:
    `sections`, and how many alerts are `left` for further messages, as a number and (`more`) as a sentence. `steps` are
    what to do next, below `next_heading`.
    """

    words: Words
    tag: str
    tone: Tone
    title: str
    opening: str
    rows: Sequence[tuple[str, str]]
    lines: Sequence[str]
    reference: str
    chart: ChartWords | None
    sections: Sequence[Section]
    left: int
    more: str
    next_heading: str
    steps: Sequence[Step]
    href: str | None
    note: str

    @property
    def entries(self) -> Sequence[Entry]:
        """Of all sections."""
        return [entry for section in self.sections for entry in section.entries]
