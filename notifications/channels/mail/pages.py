"""Addresses of what a mail is about, as far as they are known. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notifications.channels.mail.view import Call
from notifications.channels.mail.words import Words
from notifications.messages.alert_snapshot import AlertSnapshot


@dataclass(frozen=True, slots=True)
class Pages:
    """`public_url` is where people reach notifications, where that is known; `answer` is the address of the page on
    which an alert is answered, where there is one."""

    words: Words
    public_url: str | None
    answer: Callable[[AlertSnapshot], str | None] = lambda _: None

    def answer_of(self, alert: AlertSnapshot) -> Call | None:
        """Of an alert that waits for somebody who acts, or for a report."""
        link = self.answer(alert) if alert.status in ("open", "acknowledged") else None
        label = self.words.answer_label if alert.status == "open" else self.words.answer_label_taken
        return Call(link, link, label) if link else None

    def alert(self, alert: AlertSnapshot) -> str | None:
        """The address of the alert."""
        return f"{self.public_url}/v1/alerts/{alert.id}" if self.public_url else None

    def reference(self, alert: AlertSnapshot) -> str:
        """Its address, else its id, and the version that is told of."""
        return self.words.version.format(id=self.alert(alert) or alert.id, version=alert.version)

    def call(self, path: str, method: str, body: str = "") -> Call:
        """A link alone opens at a click; what is no read names its method, too."""
        link = f"{self.public_url or ''}{path}"
        if self.public_url and method == "GET":
            return Call(link, link)
        return Call(f"{method} {link} {body}".rstrip())
