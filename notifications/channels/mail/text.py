"""What a mail says: what has happened, the figures, and what to do next, as values for templates. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from notifications.channels.mail.entries import sections_of
from notifications.channels.mail.facts import (
    by,
    chart_of,
    figures,
    lasting,
    report_due,
    reporter,
    resolver,
    table,
    target,
    who,
)
from notifications.channels.mail.headers import one_line
from notifications.channels.mail.pages import Pages
from notifications.channels.mail.reported import report_rows
from notifications.channels.mail.steps import steps_of, steps_of_group
from notifications.channels.mail.subject import headline, summary, tag_of, tone_of
from notifications.channels.mail.tested_route import view_of_test
from notifications.channels.mail.view import Section, View
from notifications.channels.mail.words import Words
from notifications.domain.escalation import lapse_of
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import Notice, OutgoingMessage


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes in one language. `public_url` is where people reach notifications, where that is known; `answer` is the
    address of the page on which an alert is answered, where there is one."""

    words: Words
    public_url: str | None
    answer: Callable[[AlertSnapshot], str | None] = lambda _: None

    @property
    def _pages(self) -> Pages:
        return Pages(self.words, self.public_url, self.answer)

    def view_of(self, message: OutgoingMessage) -> View:
        """What templates lay out."""
        if message.test:
            return view_of_test(message, self.words)
        is_one = len(message.notices) == 1
        notice, words, pages = message.notices[0], self.words, self._pages
        sections = [] if is_one else list(sections_of(message, pages))
        return View(
            words=words,
            tag=tag_of(message),
            tone=tone_of(message),
            title=headline(notice, words) if is_one else summary(message, words),
            opening=self._sentence(notice) if is_one else f"{summary(message, words)}.",
            rows=list(_rows(notice, words)) if is_one else (),
            lines=list(few_lines(notice, words)) if is_one else (),
            reference=pages.reference(notice.alert),
            chart=chart_of(notice.alert, words) if is_one else None,
            sections=sections,
            left=message.more,
            more=" ".join(_left(message, sections, words)),
            next_heading=words.nothing_next if is_over(message) else words.what_next,
            steps=list(steps_of(notice, pages) if is_one else steps_of_group(message, pages)),
            href=f"{self.public_url}/v1/alerts?status=open" if self.public_url else None,
            note="" if self.public_url else words.without_address,
        )

    def _sentence(self, notice: Notice) -> str:
        return self._opening(notice).format(**self._named(notice.alert), **lasting(notice, self.words))

    def _named(self, alert: AlertSnapshot) -> dict[str, str]:
        words = self.words
        named = {"by": by(alert, words), "reporter": reporter(alert, words), "resolver": resolver(alert, words)}
        is_overdue, was_missed = alert.overdue_since is not None, bool(alert.report and alert.report.missed)
        lapse = lapse_of(alert.status, is_overdue=is_overdue, was_remedy_missed=was_missed)
        level = {"level": str(alert.level), "lapse": words.escalated_since[lapse]}
        return {"who": who(alert, words), "reason": one_line(alert.resolution_reason), **named, **level}

    def _opening(self, notice: Notice) -> str:
        words, change = self.words, notice.change
        if change == "resolved" and notice.alert.resolution == "withdrawn":
            return words.withdrawn
        if change == "resolved" and notice.alert.resolution == "by_hand":
            return words.ended
        if change == "resolved" and notice.is_first:
            return words.untold
        if change == "raised" and not notice.is_first:
            return words.raised_again
        return words.openings["raised" if change == "worsened" and notice.is_first else change]


def _rows(notice: Notice, words: Words) -> Iterator[tuple[str, str]]:
    yield from report_rows(notice.report, words)
    yield from report_due(notice.alert, words)
    yield from table(notice.alert, words)


def is_over(message: OutgoingMessage) -> bool:
    """Whether nothing is to be done about any of its alerts."""
    return all(notice.change == "resolved" for notice in message.notices)


def _left(message: OutgoingMessage, sections: Sequence[Section], words: Words) -> Iterator[str]:
    whole = sum(entry.is_whole for section in sections for entry in section.entries)
    if sections and whole < len(message.notices):
        yield words.brief.format(n=words.number(whole))
    if message.more == 1:
        yield words.one_more
    elif message.more:
        yield words.more.format(n=words.number(message.more))


def few_lines(notice: Notice, words: Words) -> Iterator[str]:
    """What one alert is about, and how it stands."""
    alert = notice.alert
    yield target(alert, words)
    if notice.change != "resolved":
        shown = figures(alert, words)
        yield words.progress.format(**shown)
        if alert.figures.short_by:
            yield f"{words.names.short_by}: {words.short_by.format(persons=shown['short'])}"
