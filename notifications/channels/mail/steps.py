"""What is to be done next, by whom and until when. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from notifications.channels.mail.facts import by, who
from notifications.channels.mail.pages import Pages
from notifications.channels.mail.view import Step
from notifications.channels.mail.words import Words
from notifications.domain.grouping import UNIT
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import Notice, OutgoingMessage


def steps_of(notice: Notice, pages: Pages) -> Iterator[Step]:
    """About one alert."""
    alert = notice.alert
    if notice.change != "resolved":
        if answer := pages.answer_of(alert):
            words = pages.words
            yield Step(words.answer if alert.status == "open" else words.answer_taken, [answer])
        if step := _acknowledgement(alert, pages):
            yield step
        if text := _duty(alert, pages.words):
            yield Step(text, ())
    yield Step(pages.words.look, [pages.call(f"/v1/alerts/{alert.id}", "GET")])


def steps_of_group(message: OutgoingMessage, pages: Pages) -> Iterator[Step]:
    """About several."""
    words = pages.words
    code = message.group_code or ""
    under = f"&under={quote(code.removeprefix(UNIT), safe='')}" if code.startswith(UNIT) else ""
    is_open = any(notice.alert.status == "open" for notice in message.notices)
    if is_open and pages.answer(message.notices[0].alert):
        yield Step(words.answer_each, ())
        yield Step(words.report_each, ())
    elif is_open:
        yield Step(words.acknowledge_each, [pages.call("/v1/alerts/ID/acknowledgement", "POST", '{"version": N}')])
        yield Step(words.report_each, ())
    yield Step(words.look_all, [pages.call(f"/v1/alerts?status=open{under}", "GET")])


def _acknowledgement(alert: AlertSnapshot, pages: Pages) -> Step | None:
    """By the API, where there is no page for it."""
    words = pages.words
    if alert.status != "open":
        until = alert.acknowledged_until
        taken = words.taken_until if until and alert.status == "acknowledged" else words.taken_on
        return Step(taken.format(by=by(alert, words), time=words.time(until) if until else ""), ())
    if pages.answer(alert):
        return None
    body = f'{{"version": {alert.version}}}'
    return Step(words.acknowledge, [pages.call(f"/v1/alerts/{alert.id}/acknowledgement", "POST", body)])


def _duty(alert: AlertSnapshot, words: Words) -> str:
    """What whoever lags owes: a report, or the remedies that were reported."""
    name, report, due_at = who(alert, words), alert.report, alert.report_due_at
    if alert.status != "reported":
        if due_at is None:
            return words.report.format(who=name)
        text = words.report_overdue if alert.overdue_since else words.report_until
        return text.format(who=name, day=words.last_day(due_at))
    if report and report.missed:
        return words.catch_up.format(who=name)
    return words.carry_out.format(who=name, day=words.day(report.next_due_on)) if report and report.next_due_on else ""
