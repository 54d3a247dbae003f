"""What a digest says, as values that templates lay out. Every text is in one language, and has no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from notifications.channels.mail.digest_words import DigestWords
from notifications.channels.mail.view import ChartWords, Entry, Tone
from notifications.channels.mail.words import Words


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list: what is to be done, and where the alert is seen."""

    text: str
    href: str | None


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list; `more` says how many are left out."""

    heading: str
    items: Sequence[Item]
    more: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A row of the table of units: as `cells` under `columns`, and as one `line` of a text."""

    cells: Sequence[str]
    line: str


@dataclass(frozen=True, slots=True)
class Grave:
    """One of the gravest alerts, which has a picture."""

    alert_id: UUID
    text: str
    href: str | None
    chart: ChartWords


@dataclass(frozen=True, slots=True)
class DigestView:
    """A digest. `nothing` is there where nothing is open and nothing has changed, and then the rest is empty.
    `changes`, `open` and `causes` are names and values. `lines`, `entries`, `reference`, `left` are what `chat.txt`
    lays out."""

    words: Words
    own: DigestWords
    tag: str
    tone: Tone
    title: str
    opening: str
    nothing: str
    changes: Sequence[tuple[str, str]]
    open: Sequence[tuple[str, str]]
    units: Sequence[Unit]
    more_units: str
    tasks: Sequence[ItemList]
    causes: Sequence[tuple[str, str]]
    gravest: Sequence[Grave]
    next: str
    lines: Sequence[str]
    href: str | None
    left: int = 0
    entries: Sequence[Entry] = ()

    @property
    def reference(self) -> str:
        """The last line of a chat message."""
        return self.next
