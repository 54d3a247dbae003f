"""The alerts of a mail about several. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from uuid import UUID

from markupsafe import escape

from notifications.channels.mail.facts import chart_of, figures, happened, report_due, target, who, with_how_far
from notifications.channels.mail.pages import Pages
from notifications.channels.mail.reported import report_rows
from notifications.channels.mail.subject import ORDER
from notifications.channels.mail.view import Entry, Section
from notifications.channels.mail.words import Words
from notifications.messages.gravest import charted, gravest
from notifications.messages.outgoing_message import Notice, OutgoingMessage

MOST_WHOLE: Final = 40
"""So many have all that is known of them, where there is room for that."""
_ROOM: Final = 88_000
"""Bytes that the HTML has for entries, in all languages together: Gmail cuts a mail off at 102 kB."""
_FOR_WHOLE: Final = 0.8
"""The part of it beyond which what is known of an alert is left out, so that others are named."""


def sections_of(message: OutgoingMessage, pages: Pages) -> Iterator[Section]:
    """By what has happened; the gravest first."""
    entries = _fitting(message, pages)
    for change in ORDER:
        if notices := gravest([each for each in message.notices if each.change == change]):
            heading = pages.words.heading.format(change=pages.words.changes[change].upper(), n=len(notices))
            yield Section(heading, [entries[each.alert.id] for each in notices])


def _fitting(message: OutgoingMessage, pages: Pages) -> dict[UUID, Entry]:
    """The entries by alert, with what there is room for: the gravest have all, others a line, further ones are not in
    the HTML."""
    charts = {notice.alert.id for notice in charted(message.notices)}
    room = whole_room = _ROOM // (2 if message.language == "both" else 1)
    whole_room -= round(room * _FOR_WHOLE)
    entries = {}
    for nth, notice in enumerate(gravest(message.notices)):
        alert_id = notice.alert.id
        entry = _entry(notice, pages, alert_id in charts) if nth < MOST_WHOLE else _brief(notice, pages)
        if entry.is_whole and room - size_of(entry) < whole_room:
            entry = _brief(notice, pages)
        room -= size_of(entry)
        entries[alert_id] = entry if room >= 0 else replace(entry, is_listed=False)
    return entries


def size_of(entry: Entry) -> int:
    """About how many bytes of HTML it takes, by the built-in template."""
    chart, answer = entry.chart, entry.answer
    texts = [entry.text, *entry.details, entry.reference, entry.href or ""]
    texts += [answer.href or "", answer.label or ""] if answer else []
    texts += [chart.alt, chart.first, chart.last, chart.reached, chart.expected] if chart else []
    markup = 32 + 42 * len(entry.details) + (90 if entry.is_whole else 0) + (900 if chart else 0)
    return markup + sum(len(escape(text).encode()) for text in texts)


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
