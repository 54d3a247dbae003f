"""What was reported of an alert, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from notifications.channels.mail.headers import one_line
from notifications.channels.mail.words import Words
from notifications.domain.report import RemedyState
from notifications.messages.told_report import ToldCause, ToldRemedy, ToldReport

MOST_REMEDIES: Final = 10
_FIRST: Final[Sequence[RemedyState]] = ("missed", "planned", "done", "dropped")
"""What needs somebody comes first."""


def report_rows(report: ToldReport | None, words: Words) -> Iterator[tuple[str, str]]:
    """Names and values: causes, and remedies with who does them and by when."""
    if report is None:
        return
    yield words.names.causes, "; ".join(_cause(each, words) for each in report.causes)
    remedies = sorted(report.remedies, key=lambda remedy: (_FIRST.index(remedy.state), remedy.n))
    for remedy in islice(remedies, MOST_REMEDIES):
        yield words.names.remedy.format(n=remedy.n), _remedy(remedy, words)
    if len(remedies) > MOST_REMEDIES:
        yield words.names.more_remedies, words.number(len(remedies) - MOST_REMEDIES)


def _cause(cause: ToldCause, words: Words) -> str:
    name = one_line(cause.name_vi if words.code == "vi" else cause.name_en)
    return f"{name} ({one_line(cause.note)})" if cause.note else name


def _remedy(remedy: ToldRemedy, words: Words) -> str:
    what, who = (one_line(text).rstrip(". ") for text in (remedy.what, remedy.who))
    return words.remedies[remedy.state].format(what=what, who=who, day=words.day(remedy.due_on))
