"""What the page says, apart from the language. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from notifications.channels.mail.words import Words

Mistake: TypeAlias = Literal[
    "missing",
    "too_long",
    "unreadable",
    "no_name",
    "not_a_day",
    "over",
    "no_cause",
    "too_many",
    "other",
    "no_remedy",
    "unknown",
    "refused",
]
"""What is wrong with a field: nothing in it, too much, signs that cannot be shown, or nothing that names a person;
no day, or one that is over; no cause marked, too many, or one without the note that it needs; nothing planned; a cause
that is none any more; anything else."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels."""

    name: str
    note: str
    cause_note: str
    what: str
    who: str
    due_on: str


@dataclass(frozen=True, slots=True)
class PageWords:
    """One language. Texts in braces are places for names and times."""

    mail: Words
    title: str
    other_language: str
    states: Mapping[str, str]
    """By status of the alert."""
    report_due: str
    reported: str
    acknowledge: str
    acknowledge_hint: str
    acknowledge_button: str
    report: str
    report_again: str
    report_hint: str
    report_button: str
    causes: str
    more_causes: str
    remedies: str
    remedy: str
    more_remedies: str
    fields: Fields
    optional: str
    to_correct: str
    in_field: str
    mistakes: Mapping[Mistake, str]
    refusals: Mapping[str, tuple[str, str]]
    """Title and remedy by the code of an error."""
    broken: tuple[str, str]
    """Of every other error."""
    privacy: str
