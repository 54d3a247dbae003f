"""The alerts of a mail about several. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from notifications.channels.mail.facts import chart_of, figures, happened, report_due, target, who, with_how_far
from notifications.channels.mail.pages import Pages
from notifications.channels.mail.reported import report_rows
from notifications.channels.mail.subject import ORDER
from notifications.channels.mail.view import Entry, Section
from notifications.channels.mail.words import Words
from notifications.messages.gravest import charted, gravest
from notifications.messages.outgoing_message import Notice, OutgoingMessage

MOST_WHOLE: Final = 40
"""So many have all that is known of them, which is a kilobyte each: some clients cut a mail off at 100 kB."""


def sections_of(message: OutgoingMessage, pages: Pages) -> Iterator[Section]:
    """By what has happened; the gravest first."""
    shown = {notice.alert.id for notice in charted(message.notices)}
    whole = {notice.alert.id for notice in gravest(message.notices)[:MOST_WHOLE]}
    for change in ORDER:
        if notices := gravest([each for each in message.notices if each.change == change]):
            heading = pages.words.heading.format(change=pages.words.changes[change].upper(), n=len(notices))
            entries = [
                _entry(each, pages, each.alert.id in shown) if each.alert.id in whole else _brief(each, pages)
                for each in notices
            ]
            yield Section(heading, entries)


def _entry(notice: Notice, pages: Pages, is_charted: bool) -> Entry:
    alert, words = notice.alert, pages.words
    short = f"{who(alert, words)}: {_says(notice, words)}"
    return Entry(
        alert_id=alert.id,
        text=f"{short} ({target(alert, words)})",
        short=short,
        details=[f"{name}: {value}" for name, value in (*report_due(alert, words), *report_rows(notice.report, words))],
        reference=pages.reference(alert),
        href=pages.alert(alert),
        answer=None if notice.change == "resolved" else pages.answer_of(alert),
        chart=chart_of(alert, words) if is_charted else None,
    )


def _brief(notice: Notice, pages: Pages) -> Entry:
    short = f"{who(notice.alert, pages.words)}: {_says(notice, pages.words)}"
    return Entry(notice.alert.id, short, short, (), "", None, None, None)


def _says(notice: Notice, words: Words) -> str:
    if says := happened(notice, words):
        return says
    alert, shown = notice.alert, figures(notice.alert, words)
    if notice.change == "resolved":
        return words.line_resolved.format(**shown)
    return with_how_far(notice, f"{words.severities[alert.severity]}, {words.line.format(**shown)}", words)
