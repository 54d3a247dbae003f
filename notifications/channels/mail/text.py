"""What a mail says: what has happened, the figures, and what to do next, as values for templates. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from notifications.channels.mail.facts import by, figures, reporter, resolver, table, target, who
from notifications.channels.mail.headers import one_line
from notifications.channels.mail.subject import ORDER, headline, summary, tag_of, tone_of
from notifications.channels.mail.tested_route import view_of_test
from notifications.channels.mail.view import Call, ChartWords, Entry, Section, Step, View
from notifications.channels.mail.words import Words
from notifications.domain.escalation import lapse_of
from notifications.domain.grouping import UNIT
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.gravest import charted, gravest
from notifications.messages.outgoing_message import Notice, OutgoingMessage


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes in one language. `public_url` is where people reach notifications, where that is known; `answer` is the
    address of the page on which an alert is answered, where there is one."""

    words: Words
    public_url: str | None
    answer: Callable[[AlertSnapshot], str | None] = lambda _: None

    def view_of(self, message: OutgoingMessage) -> View:
        """What templates lay out."""
        if message.test:
            return view_of_test(message, self.words)
        is_one = len(message.notices) == 1
        notice, words = message.notices[0], self.words
        return View(
            words=words,
            tag=tag_of(message),
            tone=tone_of(message),
            title=headline(notice, words) if is_one else summary(message, words),
            opening=self._sentence(notice) if is_one else f"{summary(message, words)}.",
            rows=list(table(notice.alert, words)) if is_one else (),
            lines=list(few_lines(notice, words)) if is_one else (),
            reference=self._reference(notice.alert),
            chart=self._chart(notice.alert) if is_one else None,
            sections=() if is_one else list(self._sections(message)),
            left=message.more,
            more=words.more.format(n=words.number(message.more)) if message.more else "",
            steps=list(self._next(notice) if is_one else self._next_of_group(message)),
            href=f"{self.public_url}/v1/alerts?status=open" if self.public_url else None,
            note="" if self.public_url else words.without_address,
        )

    def _sentence(self, notice: Notice) -> str:
        return self._opening(notice).format(**self._named(notice.alert))

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
        return words.openings["raised" if change == "worsened" and notice.is_first else change]

    def _chart(self, alert: AlertSnapshot) -> ChartWords:
        words, shown = self.words, figures(alert, self.words)
        return ChartWords(
            alt=words.chart.format(day=words.day(alert.figures.on), **shown),
            first=words.day(alert.starts_on),
            last=f"{words.day(alert.ends_on)}: {words.percent(1)}",
            reached=words.chart_reached.format(**shown),
            expected=words.chart_expected.format(**shown),
        )

    def _next(self, notice: Notice) -> Iterator[Step]:
        words, alert = self.words, notice.alert
        if notice.change != "resolved":
            if answer := self._answer(alert):
                yield Step(words.answer, [answer])
            if step := self._acknowledgement(alert):
                yield step
            if alert.status != "reported":
                yield Step(words.report.format(who=who(alert, words)), ())
        yield Step(words.look, [self._call(f"/v1/alerts/{alert.id}", "GET")])

    def _answer(self, alert: AlertSnapshot) -> Call | None:
        """Of an alert that waits for somebody who acts, or for a report."""
        link = self.answer(alert) if alert.status in ("open", "acknowledged") else None
        return Call(link, link, self.words.answer_label) if link else None

    def _acknowledgement(self, alert: AlertSnapshot) -> Step | None:
        """By the API, where there is no page for it."""
        if alert.status != "open":
            return Step(self.words.taken_on.format(by=by(alert, self.words)), ())
        if self.answer(alert):
            return None
        body = f'{{"version": {alert.version}}}'
        return Step(self.words.acknowledge, [self._call(f"/v1/alerts/{alert.id}/acknowledgement", "POST", body)])

    def _sections(self, message: OutgoingMessage) -> Iterator[Section]:
        shown = {notice.alert.id for notice in charted(message.notices)}
        for change in ORDER:
            if notices := gravest([each for each in message.notices if each.change == change]):
                heading = self.words.heading.format(change=self.words.changes[change].upper(), n=len(notices))
                yield Section(heading, [self._item(each, each.alert.id in shown) for each in notices])

    def _item(self, notice: Notice, is_charted: bool) -> Entry:
        alert, words = notice.alert, self.words
        is_over = notice.change == "resolved"
        says = (words.line_resolved if is_over else words.line).format(**figures(alert, words))
        if notice.change == "acknowledged":
            says = words.subject_acknowledged.format(by=by(alert, words))
        elif notice.change == "reported":
            says = words.subject_reported.format(by=reporter(alert, words))
        elif is_over and alert.resolution == "by_hand":
            says = words.subject_ended.format(by=resolver(alert, words))
        elif is_over and alert.resolution == "withdrawn":
            says = words.subject_withdrawn
        elif not is_over:
            says = f"{words.severities[alert.severity]}, {says}"
        if notice.change == "escalated":
            says = words.at_level.format(level=alert.level, says=says)
        short = f"{who(alert, words)}: {says}"
        href = f"{self.public_url}/v1/alerts/{alert.id}" if self.public_url else None
        answer = None if is_over else self._answer(alert)
        chart = self._chart(alert) if is_charted else None
        text = f"{short} ({target(alert, words)})"
        return Entry(alert.id, text, short, self._reference(alert), href, answer, chart)

    def _reference(self, alert: AlertSnapshot) -> str:
        link = f"{self.public_url}/v1/alerts/{alert.id}" if self.public_url else alert.id
        return self.words.version.format(id=link, version=alert.version)

    def _next_of_group(self, message: OutgoingMessage) -> Iterator[Step]:
        words = self.words
        code = message.group_code or ""
        under = f"&under={quote(code.removeprefix(UNIT), safe='')}" if code.startswith(UNIT) else ""
        is_open = any(notice.alert.status == "open" for notice in message.notices)
        if is_open and self.answer(message.notices[0].alert):
            yield Step(words.answer_each, ())
            yield Step(words.report_each, ())
        elif is_open:
            yield Step(words.acknowledge_each, [self._call("/v1/alerts/ID/acknowledgement", "POST", '{"version": N}')])
            yield Step(words.report_each, ())
        yield Step(words.look_all, [self._call(f"/v1/alerts?status=open{under}", "GET")])

    def _call(self, path: str, method: str, body: str = "") -> Call:
        """A link alone opens at a click; what is no read names its method, too."""
        link = f"{self.public_url or ''}{path}"
        if self.public_url and method == "GET":
            return Call(link, link)
        return Call(f"{method} {link} {body}".rstrip())


def few_lines(notice: Notice, words: Words) -> Iterator[str]:
    """What one alert is about, and how it stands."""
    alert = notice.alert
    yield target(alert, words)
    if notice.change != "resolved":
        shown = figures(alert, words)
        yield words.progress.format(**shown)
        if alert.figures.short_by:
            yield f"{words.names.short_by}: {words.short_by.format(persons=shown['short'])}"
