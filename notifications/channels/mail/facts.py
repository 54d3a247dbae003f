"""One alert in words: who is meant, and its figures. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from notifications.channels.mail.headers import one_line
from notifications.channels.mail.view import ChartWords
from notifications.channels.mail.words import Words
from notifications.messages.alert_snapshot import AlertSnapshot, ShownPerson
from notifications.messages.outgoing_message import Notice
from services.clock import BUSINESS_ZONE
from services.vocabulary import SHARES


def who(alert: AlertSnapshot, words: Words) -> str:
    """Who is meant: the unit, and whom the target belongs to, such as `Xã A, nhân viên thu CT-07`."""
    subject = alert.subject
    unit = alert.unit_name or subject.unit_code
    return whom(unit, subject.organisation_code or alert.owner, subject.collector_code, words)


def whom(unit: str | None, organisation: str | None, collector: str | None, words: Words) -> str:
    """The same of a unit by its name, and codes."""
    named = ", ".join(filter(None, [one_line(unit), _of(organisation, collector, words)])) or words.a_target
    return named[0].upper() + named[1:]


def by(alert: AlertSnapshot, words: Words) -> str:
    """Who acknowledged it."""
    return _named(alert.acknowledged_by, words)


def reporter(alert: AlertSnapshot, words: Words) -> str:
    """Who reported last."""
    return _named(alert.reported_by, words)


def resolver(alert: AlertSnapshot, words: Words) -> str:
    """Who ended it."""
    return _named(alert.resolved_by, words)


def happened(notice: Notice, words: Words) -> str:
    """What somebody did, or left undone; nothing where the figures say what has happened."""
    alert = notice.alert
    texts = {
        "acknowledged": words.subject_acknowledged,
        "timed_out": words.subject_timed_out,
        "reported": words.subject_reported,
        "remedy_missed": words.subject_missed,
        "by_hand": words.subject_ended,
        "withdrawn": words.subject_withdrawn,
    }
    actors = {"acknowledged": alert.acknowledged_by, "reported": alert.reported_by, "by_hand": alert.resolved_by}
    what = alert.resolution or "" if notice.change == "resolved" else notice.change
    return texts.get(what, "").format(by=_named(actors.get(what), words))


def _named(actor: ShownPerson | None, words: Words) -> str:
    if actor is None:
        return ""
    person, organisation = one_line(actor.name or actor.subject), one_line(actor.organisation_code)
    return organisation if person == organisation else words.person_of.format(person=person, organisation=organisation)


def what(alert: AlertSnapshot, words: Words) -> str:
    """Scheme and measure."""
    return f"{words.schemes[alert.scheme]}, {words.measures[alert.measure]}"


def lasting(notice: Notice, words: Words) -> dict[str, str]:
    """Since when an alert lasts, and for how many days, for sentences of a reminder."""
    begun, now = (at.astimezone(BUSINESS_ZONE).date() for at in (notice.alert.raised_at, notice.queued_at))
    return {"since": words.day(begun), "day": words.number((now - begun).days + 1)}


def with_how_far(notice: Notice, says: str, words: Words) -> str:
    """What is said of an alert, after its level or its day, where the message is about that."""
    if notice.change == "escalated":
        return words.at_level.format(level=notice.alert.level, says=says)
    if notice.change == "reminded":
        return words.on_day.format(says=says, **lasting(notice, words))
    return says


def figures(alert: AlertSnapshot, words: Words) -> dict[str, str]:
    """What sentences have places for."""
    found = alert.figures
    return {
        "attained": words.percent(found.attained),
        "expected": words.percent(found.expected),
        "short": words.number(found.short_by),
    }


def chart_of(alert: AlertSnapshot, words: Words) -> ChartWords:
    """What stands around its picture."""
    shown = figures(alert, words)
    return ChartWords(
        alt=words.chart.format(day=words.day(alert.figures.on), **shown),
        first=words.day(alert.starts_on),
        last=f"{words.day(alert.ends_on)}: {words.percent(1)}",
        reached=words.chart_reached.format(**shown),
        expected=words.chart_expected.format(**shown),
    )


def report_due(alert: AlertSnapshot, words: Words) -> Iterator[tuple[str, str]]:
    """Until when a report has to come, where one has to."""
    if alert.report_due_at and alert.status in ("open", "acknowledged"):
        text = words.overdue if alert.overdue_since else words.due
        yield words.names.report_due, text.format(day=words.last_day(alert.report_due_at))


def table(alert: AlertSnapshot, words: Words) -> Iterator[tuple[str, str]]:
    """Names and values. What is needed is left out where nothing is needed any more."""
    names, found, shown = words.names, alert.figures, figures(alert, words)
    yield names.unit, _unit(alert)
    yield names.owner, _owners(alert, words) or words.unit_itself
    yield names.target, target(alert, words)
    yield names.reached, words.reached.format(amount=_amount(alert, found.achieved, words), day=words.day(found.on))
    yield names.progress, words.progress.format(**shown)
    if found.short_by:
        yield names.short_by, words.short_by.format(persons=shown["short"])
    if alert.status != "resolved" and found.needed_per_day is not None:
        persons, last = words.number(found.needed_per_day, 1), words.day(alert.ends_on)
        yield names.needed, words.needed.format(persons=persons, last=last)
    yield names.severity, words.severities[alert.severity]
    yield names.since, words.time(alert.raised_at)
    yield names.alert, words.version.format(id=alert.id, version=alert.version)


def _unit(alert: AlertSnapshot) -> str:
    code = one_line(alert.subject.unit_code)
    return f"{one_line(alert.unit_name)} ({code})" if alert.unit_name else code


def _owners(alert: AlertSnapshot, words: Words) -> str:
    return _of(alert.subject.organisation_code or alert.owner, alert.subject.collector_code, words)


def _of(organisation: str | None, collector: str | None, words: Words) -> str:
    named = ((words.organisation, organisation), (words.collector, collector))
    return ", ".join(f"{kind} {one_line(code)}" for kind, code in named if code)


def target(alert: AlertSnapshot, words: Words) -> str:
    """Its name, where it has one, measure, value, scheme and period."""
    text = words.target.format(
        value=_amount(alert, alert.figures.value, words),
        measure=words.measures[alert.measure],
        scheme=words.schemes[alert.scheme],
        first=words.day(alert.starts_on),
        last=words.day(alert.ends_on),
    )
    return f"{one_line(alert.target_name)}: {text}" if alert.target_name else text


def _amount(alert: AlertSnapshot, value: float, words: Words) -> str:
    return words.percent(value) if alert.measure in SHARES else words.whole(value)
