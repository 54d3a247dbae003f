"""What was reported of an alert, in the words of those who reported it: for mails alone, and kept in no delivery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from notifications.domain.report import RemedyState


@dataclass(frozen=True, slots=True)
class ToldCause:
    """A cause by its names in the catalogue, and what was said of it."""

    name_vi: str
    name_en: str
    note: str | None


@dataclass(frozen=True, slots=True)
class ToldRemedy:
    """A remedy by its number, as it is now; `who` is as entered."""

    n: int
    what: str
    who: str
    due_on: date
    state: RemedyState


@dataclass(frozen=True, slots=True)
class ToldReport:
    """The causes of the last report, and the remedies of all."""

    causes: Sequence[ToldCause]
    remedies: Sequence[ToldRemedy]
