"""What a digest says, in one language. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from notifications.channels.mail.digest_english import ENGLISH
from notifications.channels.mail.digest_vietnamese import VIETNAMESE
from notifications.channels.mail.digest_view import DigestView, Grave, Item, ItemList, Unit
from notifications.channels.mail.digest_words import DigestWords
from notifications.channels.mail.facts import chart_of, figures, target, who, whom
from notifications.channels.mail.headers import one_line
from notifications.channels.mail.view import Tone
from notifications.channels.mail.words import Words
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.digest_snapshot import DigestCause, DigestSnapshot, DigestTask, OpenAlertsOfUnit, TaskKind
from services.clock import BUSINESS_ZONE

OWN: Final[Mapping[str, DigestWords]] = {"vi": VIETNAMESE, "en": ENGLISH}
"""By the code of the language."""
_TAG: Final = "DIGEST"
"""As those of other subjects, the same in every language."""


@dataclass(frozen=True, slots=True)
class DigestWriter:
    """`public_url` is where people reach notifications, where that is known."""

    words: Words
    public_url: str | None

    @property
    def own(self) -> DigestWords:
        """Those of digests."""
        return OWN[self.words.code]

    def view_of(self, digest: DigestSnapshot) -> DigestView:
        """What templates lay out."""
        tasks, own = list(self._tasks(digest)), self.own
        changes = self._named(own.changes, digest.changes.model_dump())
        opening = own.opening[digest.every].format(where=self._where(digest), **self._times(digest))
        return DigestView(
            words=self.words,
            own=own,
            tag=_TAG,
            tone=_tone(digest),
            title=self._title(digest),
            opening=opening,
            nothing=own.nothing if digest.is_empty else "",
            changes=changes,
            open=self._named(own.open, digest.open.model_dump()),
            units=[self._unit(each) for each in digest.units],
            more_units=own.more_units.format(n=self._number(digest.more_units)) if digest.more_units else "",
            tasks=tasks,
            causes=[(self._cause(each), self._number(each.alerts)) for each in digest.causes],
            gravest=[self._grave(each.alert) for each in digest.gravest],
            next=own.next.format(at=self.words.time(digest.next_at)),
            lines=[opening, *self._few_lines(digest, changes, tasks)],
            href=self._list_of(digest),
        )

    def _title(self, digest: DigestSnapshot) -> str:
        title = self.own.title if digest.open.number or digest.open.overdue else self.own.title_empty
        counts = {"open": digest.open.number, "critical": digest.open.critical, "overdue": digest.open.overdue}
        return title.format(where=self._where(digest), **{name: self._number(n) for name, n in counts.items()})

    def _where(self, digest: DigestSnapshot) -> str:
        return one_line(digest.unit_name or digest.under) or self.own.everything

    def _times(self, digest: DigestSnapshot) -> dict[str, str]:
        return {"since": self.words.time(digest.since), "until": self.words.time(digest.until)}

    def _few_lines(
        self, digest: DigestSnapshot, changes: Sequence[tuple[str, str]], tasks: Sequence[ItemList]
    ) -> Iterator[str]:
        if digest.is_empty:
            yield self.own.nothing
            return
        yield "; ".join(f"{name}: {n}" for name, n in changes) or self.own.no_changes
        for each in tasks:
            yield each.heading

    def _named(self, names: Mapping[str, str], values: Mapping[str, int]) -> list[tuple[str, str]]:
        """Those that there are."""
        return [(name, self._number(values[field])) for field, name in names.items() if values[field]]

    def _unit(self, unit: OpenAlertsOfUnit) -> Unit:
        name = one_line(unit.unit_name or unit.unit_code) or self.own.itself
        counts = {"critical": unit.critical, "warning": unit.warning, "unacknowledged": unit.unacknowledged}
        shown = {name: self._number(n) for name, n in (counts | {"overdue": unit.overdue}).items()}
        return Unit((name, *shown.values()), self.own.unit.format(name=name, **shown))

    def _tasks(self, digest: DigestSnapshot) -> Iterator[ItemList]:
        """What is overdue, then what is due."""
        lists = (
            (self.own.heading_overdue, self.own.overdue, digest.overdue, digest.open.overdue),
            (self.own.heading_due, self.own.due, digest.due, digest.open.due),
        )
        for heading, forms, tasks, number in lists:
            if number:
                left = number - len(tasks)
                more = self.own.more_tasks.format(n=self._number(left)) if left > 0 else ""
                items = [Item(self._task(each, forms), self._link(each.alert_id)) for each in tasks]
                yield ItemList(heading.format(n=self._number(number)), items, more)

    def _task(self, task: DigestTask, forms: Mapping[TaskKind, str]) -> str:
        named = whom(task.unit_name or task.unit_code, task.organisation_code, task.collector_code, self.words)
        text = forms[task.kind].format(who=named, at=self._at(task.due_at), day=self._day(task))
        if task.what:
            text = self.own.remedy.format(task=text, what=one_line(task.what), by=one_line(task.who))
        return self.own.silenced.format(task=text) if task.is_silenced else text

    def _at(self, at: datetime | None) -> str:
        return self.words.time(at) if at else ""

    def _day(self, task: DigestTask) -> str:
        """The day by the end of which it is to be done."""
        if task.due_on:
            return self.words.day(task.due_on)
        end = (task.due_at - timedelta.resolution).astimezone(BUSINESS_ZONE) if task.due_at else None
        return self.words.day(end.date()) if end else ""

    def _cause(self, cause: DigestCause) -> str:
        return one_line(cause.name_vi if self.words.code == "vi" else cause.name_en)

    def _grave(self, alert: AlertSnapshot) -> Grave:
        words = self.words
        says = f"{words.severities[alert.severity]}, {words.line.format(**figures(alert, words))}"
        text = f"{who(alert, words)}: {says} ({target(alert, words)})"
        if alert.silenced_by or alert.inhibited_by:
            text = self.own.silenced.format(task=text)
        return Grave(alert.id, text, self._link(alert.id), chart_of(alert, words))

    def _link(self, alert_id: object) -> str | None:
        return f"{self.public_url}/v1/alerts/{alert_id}" if self.public_url else None

    def _list_of(self, digest: DigestSnapshot) -> str | None:
        under = f"&under={digest.under}" if digest.under else ""
        return f"{self.public_url}/v1/alerts?status=open{under}" if self.public_url else None

    def _number(self, n: int) -> str:
        return self.words.number(n)


def _tone(digest: DigestSnapshot) -> Tone:
    if digest.open.critical:
        return "critical"
    return "warning" if digest.open.number else "success"
