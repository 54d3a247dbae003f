"""The text of a mail: what has happened, the figures, and what to do next. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from notifications.channels.mail.facts import by, figures, table, target, who
from notifications.channels.mail.subject import ORDER, summary
from notifications.channels.mail.words import Words
from notifications.domain.grouping import UNIT
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import Notice, OutgoingMessage

WIDTH: Final = 76
"""RFC 5322, 2.1.1 recommends at most 78. An address of the web is never broken."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes in one language. `public_url` is where people reach notifications, where that is known."""

    words: Words
    public_url: str | None

    def text_of(self, message: OutgoingMessage) -> str:
        """The text, with line ends."""
        lines = self._group(message) if len(message.notices) > 1 else self._one(message.notices[0])
        return "\n".join(lines) + "\n"

    def _one(self, notice: Notice) -> Iterator[str]:
        alert = notice.alert
        yield from _wrapped(self._opening(notice).format(who=who(alert, self.words), by=by(alert, self.words)))
        yield ""
        yield from _columns(table(alert, self.words))
        yield ""
        yield from self._next(notice)

    def _opening(self, notice: Notice) -> str:
        words, change = self.words, notice.change
        if change == "resolved" and notice.alert.resolution == "withdrawn":
            return words.withdrawn
        if change == "resolved" and notice.is_first:
            return words.untold
        return words.openings["raised" if change == "worsened" and notice.is_first else change]

    def _next(self, notice: Notice) -> Iterator[str]:
        words, alert = self.words, notice.alert
        steps = []
        if notice.change != "resolved":
            steps = [*self._acknowledgement(alert), [words.report.format(who=who(alert, words))]]
        yield from self._steps([*steps, [words.look, self._address(f"/v1/alerts/{alert.id}", "GET")]])

    def _acknowledgement(self, alert: AlertSnapshot) -> Iterator[list[str]]:
        if alert.status == "open":
            address = self._address(f"/v1/alerts/{alert.id}/acknowledgement", "POST")
            yield [self.words.acknowledge, f'{address} {{"version": {alert.version}}}']
        else:
            yield [self.words.taken_on.format(by=by(alert, self.words))]

    def _group(self, message: OutgoingMessage) -> Iterator[str]:
        yield from _wrapped(f"{summary(message, self.words)}.")
        for change in ORDER:
            if notices := sorted((n for n in message.notices if n.change == change), key=_gravest_first):
                yield from ("", self.words.heading.format(change=self.words.changes[change].upper(), n=len(notices)))
                for notice in notices:
                    yield from self._item(notice)
        if message.more:
            yield from ("", *_wrapped(self.words.more.format(n=self.words.number(message.more))))
        yield ""
        yield from self._steps(self._next_of_group(message))

    def _item(self, notice: Notice) -> Iterator[str]:
        alert, words = notice.alert, self.words
        is_over = notice.change == "resolved"
        says = (words.line_resolved if is_over else words.line).format(**figures(alert, words))
        if notice.change == "acknowledged":
            says = words.subject_acknowledged.format(by=by(alert, words))
        elif is_over and alert.resolution == "withdrawn":
            says = words.subject_withdrawn
        elif not is_over:
            says = f"{words.severities[alert.severity]}, {says}"
        yield from _wrapped(f"{who(alert, words)}: {says} ({target(alert, words)})", first="- ", rest="  ")
        link = f"{self.public_url}/v1/alerts/{alert.id}" if self.public_url else alert.id
        yield f"  {words.version.format(id=link, version=alert.version)}"

    def _next_of_group(self, message: OutgoingMessage) -> Iterator[Sequence[str]]:
        words = self.words
        code = message.group_code or ""
        under = f"&under={quote(code.removeprefix(UNIT), safe='')}" if code.startswith(UNIT) else ""
        if any(notice.alert.status == "open" for notice in message.notices):
            address = self._address("/v1/alerts/ID/acknowledgement", "POST")
            yield [words.acknowledge_each, f'{address} {{"version": N}}']
            yield [words.report_each]
        yield [words.look_all, self._address(f"/v1/alerts?status=open{under}", "GET")]

    def _steps(self, steps: Iterable[Sequence[str]]) -> Iterator[str]:
        yield self.words.what_next
        for number, (text, *addresses) in enumerate(steps, 1):
            yield from _wrapped(text, first=f"{number}. ", rest="   ")
            yield from (f"   {address}" for address in addresses)
        if not self.public_url:
            yield from ("", *_wrapped(self.words.without_address))

    def _address(self, path: str, method: str) -> str:
        """A link alone opens at a click; what is no read names its method, too."""
        link = f"{self.public_url or ''}{path}"
        return link if self.public_url and method == "GET" else f"{method} {link}"


def _gravest_first(notice: Notice) -> tuple[bool, float]:
    return notice.alert.severity != "critical", -notice.alert.figures.short_by


def _columns(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    found = [(name, value) for name, value in rows if value]
    width = max(len(name) for name, _ in found) + 2
    for name, value in found:
        yield from _wrapped(value, first=f"{name}:".ljust(width), rest=" " * width)


def _wrapped(text: str, *, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
