"""A chat message: a title, and a few lines, by the words of the mails. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from notifications.channels.mail.compose import LANGUAGES
from notifications.channels.mail.facts import figures, target, who
from notifications.channels.mail.subject import ORDER, subject_of
from notifications.channels.mail.words import Words
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import Notice, OutgoingMessage

Kind: TypeAlias = Literal["info", "success", "warning", "failure"]
"""Apprise's words for what a message says; services show them by a sign or a colour."""
_MOST_LINES: Final = 10


@dataclass(frozen=True, slots=True)
class Chat:
    """A message, ready to be sent."""

    title: str
    text: str
    kind: Kind


def compose(message: OutgoingMessage, public_url: str | None) -> Chat:
    """The message in the language of its route; in both, the title is Vietnamese."""
    languages = LANGUAGES[message.language]
    text = "\n\n".join("\n".join(_lines(message, words, public_url)) for words in languages)
    return Chat(subject_of(message, languages[0]), text, kind_of(message))


def kind_of(message: OutgoingMessage) -> Kind:
    """Of what is gravest."""
    kinds = {_kind(notice) for notice in message.notices}
    order: tuple[Kind, ...] = ("failure", "warning", "info", "success")
    return next(kind for kind in order if kind in kinds)


def _kind(notice: Notice) -> Kind:
    if notice.change == "resolved":
        return "success"
    if notice.change == "acknowledged":
        return "info"
    return "failure" if notice.alert.severity == "critical" else "warning"


def _lines(message: OutgoingMessage, words: Words, public_url: str | None) -> Iterator[str]:
    if len(message.notices) == 1:
        yield from few_lines(message.notices[0], words)
        yield _link(message.notices[0].alert, words, public_url)
        return
    notices = sorted(message.notices, key=_gravest_first)
    for notice in notices[:_MOST_LINES]:
        yield f"- {who(notice.alert, words)}: {_says(notice, words)}"
    if rest := max(len(notices) - _MOST_LINES, 0) + message.more:
        yield words.and_more.format(n=words.number(rest))
    if public_url:
        yield f"{public_url}/v1/alerts?status=open"


def few_lines(notice: Notice, words: Words) -> Iterator[str]:
    """What one alert is about, and how it stands."""
    alert = notice.alert
    yield target(alert, words)
    if notice.change != "resolved":
        shown = figures(alert, words)
        yield words.progress.format(**shown)
        if alert.figures.short_by:
            yield f"{words.names.short_by}: {words.short_by.format(persons=shown['short'])}"


def _link(alert: AlertSnapshot, words: Words, public_url: str | None) -> str:
    return words.version.format(
        id=f"{public_url}/v1/alerts/{alert.id}" if public_url else alert.id, version=alert.version
    )


def _says(notice: Notice, words: Words) -> str:
    if notice.change in ("raised", "worsened"):
        return words.line.format(**figures(notice.alert, words))
    return words.changes[notice.change]


def _gravest_first(notice: Notice) -> tuple[int, bool, float]:
    alert = notice.alert
    return ORDER.index(notice.change), alert.severity != "critical", -alert.figures.short_by
