"""What the passing of time makes of an alert: a fortnight over public holidays, against the log that is expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from notifications.alerts.due import acknowledged_until, end_of, report_due_at
from notifications.domain import life, report
from notifications.domain.alert import Changed, Person
from notifications.domain.escalation import Chain, Step
from notifications.domain.hours import Hours
from notifications.domain.pace import Pace, follow
from notifications.domain.passing import Case, Happened, pass_until, summary_of
from notifications.domain.report import Plan, Remedy
from notifications.domain.terms import Terms
from notifications.routing.hours import opening_of
from services.clock import BUSINESS_ZONE

TERMS: Final = Terms(timedelta(0), acknowledgement=timedelta(hours=24), report_days=3)
DAY: Final = timedelta(days=1)
CHAIN: Final = Chain(
    "thanh-hoa",
    "38",
    (
        Step(timedelta(hours=4), ("cam-thuy",)),
        Step(1 * DAY, ("thanh-hoa",)),
        Step(3 * DAY, ("thanh-hoa", "director")),
        Step(7 * DAY, ("director",)),
        Step(14 * DAY, ("thanh-hoa", "director")),
    ),
)
OFFICE: Final = Hours(time(7, 30), time(17))
HOURS: Final[Mapping[str, Hours | None]] = {"cam-thuy": OFFICE, "thanh-hoa": OFFICE, "director": None}
HOA, MINH = Person("BHXH-CT", "hoa"), Person("BD-CT", "minh")

Act: TypeAlias = Callable[[Case, datetime], Case]


def at(day: int, month: int, hour: int, minute: int = 0) -> datetime:
    """In Vietnam, in 2025: 30 April and 1 May are public holidays, 2 May is off for Saturday, 26 April."""
    return datetime(2025, month, day, hour, minute, tzinfo=BUSINESS_ZONE)


def decided(case: Case, decision: object) -> Case:
    """The case after a decision that has an effect."""
    assert isinstance(decision, Changed), decision
    return replace(case, alert=decision.alert)


def fell_behind(now: datetime) -> Case:
    """An alert that is raised, with its chain."""
    decision = follow(None, Pace("fell_behind", 1, "warning", now, report_due_at=report_due_at(now.date(), TERMS)))
    assert isinstance(decision, Changed)
    return Case(decision.alert, chain=CHAIN)


def acknowledged(case: Case, now: datetime) -> Case:
    """Somebody acts on it."""
    until = acknowledged_until(now, TERMS)
    return decided(case, life.acknowledge(case.alert, case.alert.version, HOA, now, until))


def reported(case: Case, now: datetime) -> Case:
    """Causes and one remedy, which is due tomorrow."""
    remedies = report.added([Plan("Home visits", "Bưu điện", (now + DAY).date())], case.remedies)
    case = replace(case, remedies=(*case.remedies, *remedies))
    summary = replace(summary_of(case.alert, case.remedies), causes=("cost",))
    return decided(case, life.report(case.alert, case.alert.version, summary, MINH, now))


def recovered(case: Case, now: datetime) -> Case:
    """Its target has caught up."""
    return decided(case, follow(case.alert, Pace("recovered", 2, None, now)))


STORY: Final[Sequence[tuple[datetime, Act]]] = (
    (at(26, 4, 9), acknowledged),
    (at(5, 5, 10), reported),
    (at(9, 5, 11), recovered),
)
LOG: Final = """\
Fri 25.04 15:00 fell_behind
Fri 25.04 19:00 escalated, level 1: nobody has acknowledged it in time
    cam-thuy Sat 26.04 07:30
Sat 26.04 09:00 acknowledged
Mon 28.04 09:00 timed_out, it was acknowledged, and nothing was reported in time
Tue 29.04 09:00 escalated, level 2: nobody has acknowledged it in time
    thanh-hoa Tue 29.04 09:00
Wed 30.04 00:00 report_overdue, no report has come in time
Wed 30.04 00:00 escalated, level 3: no report has come in time
    thanh-hoa Mon 05.05 07:30
    director Wed 30.04 00:00
Mon 05.05 09:00 escalated, level 4: nobody has acknowledged it in time
    director Mon 05.05 09:00
Mon 05.05 10:00 reported
Wed 07.05 00:00 remedy_missed, remedy 1 was not done in time
Wed 07.05 00:00 escalated, level 5: a remedy was not done in time
    thanh-hoa Wed 07.05 07:30
    director Wed 07.05 00:00
Fri 09.05 11:00 recovered
"""


def shown(then: datetime) -> str:
    """Such as `Fri 25.04 15:00`."""
    return then.astimezone(BUSINESS_ZONE).strftime("%a %d.%m %H:%M")


def lines_of(happened: Happened) -> Iterator[str]:
    """What happened, and when each route is told of it."""
    decision = happened.decision
    yield f"{shown(happened.at)} {decision.entry}, {decision.reason}"
    for name in decision.routes:
        told = opening_of(HOURS[name], decision.alert.severity, happened.at)
        yield f"    {name} {shown(told)}"


def entries_of(
    story: Sequence[tuple[datetime, Act]], looks: Sequence[datetime] = ()
) -> Iterator[tuple[datetime, list[str]]]:
    """When something happens, and its lines: of a story that begins on 25 April, where the clock looks at these times,
    and before each act."""

    def look(case: Case, now: datetime) -> Case:
        return case

    case = fell_behind(at(25, 4, 15))
    yield at(25, 4, 15), [f"{shown(at(25, 4, 15))} fell_behind"]
    for now, act in sorted([*story, *((then, look) for then in looks)], key=lambda each: each[0]):
        for happened in pass_until(case, now, end_of):
            case = happened.case
            yield happened.at, list(lines_of(happened))
        case = act(case, now)
        if act is not look:
            yield now, [f"{shown(now)} {act.__name__}"]


def told(story: Sequence[tuple[datetime, Act]], looks: Sequence[datetime] = ()) -> str:
    """The log of the story."""
    return "".join(f"{line}\n" for _, lines in entries_of(story, looks) for line in lines)


def test_a_fortnight_over_public_holidays_is_as_expected() -> None:
    assert told(STORY) == LOG


@given(st.lists(st.datetimes(datetime(2025, 4, 25, 15), datetime(2025, 5, 12)), max_size=20))  # noqa: DTZ001
def test_it_does_not_depend_on_when_the_clock_looks(looks: list[datetime]) -> None:
    assert told(STORY, [then.replace(tzinfo=BUSINESS_ZONE) for then in looks]) == LOG


def test_an_alert_of_which_nobody_does_anything_takes_every_step_and_ends() -> None:
    happened = list(pass_until(fell_behind(at(25, 4, 15)), at(31, 12, 0), end_of))
    assert [(shown(each.at), each.decision.entry) for each in happened] == [
        ("Fri 25.04 19:00", "escalated"),
        ("Sat 26.04 15:00", "escalated"),
        ("Mon 28.04 15:00", "escalated"),
        ("Wed 30.04 00:00", "report_overdue"),
        ("Wed 30.04 00:00", "escalated"),
        ("Fri 09.05 15:00", "escalated"),
    ]
    assert happened[-1].case.due_at(end_of) is None


def test_remedies_that_are_missed_on_one_day_are_one_level_and_those_of_another_day_another() -> None:
    case = reported(fell_behind(at(25, 4, 15)), at(25, 4, 16))
    due_on = at(26, 4, 0).date()
    case = replace(case, remedies=tuple(Remedy(n, due_on + DAY * (n // 3)) for n in (1, 2, 3)))
    happened = list(pass_until(case, at(12, 5, 0), end_of))
    assert [(shown(each.at), each.decision.entry, each.case.alert.level) for each in happened] == [
        ("Sun 27.04 00:00", "remedy_missed", 0),
        ("Sun 27.04 00:00", "remedy_missed", 0),
        ("Sun 27.04 00:00", "escalated", 1),
        ("Mon 28.04 00:00", "remedy_missed", 1),
        ("Mon 28.04 00:00", "escalated", 2),
    ]
    assert happened[-1].case.alert.report == replace(summary_of(case.alert, ()), causes=("cost",), missed=3)


def test_an_acknowledgement_that_ends_as_the_report_is_due_ends_first() -> None:
    """So the alert is open when it is escalated for the report."""
    case = fell_behind(at(25, 4, 15))
    ends = at(30, 4, 0)
    case = decided(case, life.acknowledge(case.alert, 1, HOA, at(29, 4, 0), ends))
    happened = list(pass_until(case, ends, end_of))
    assert [(each.decision.entry, each.case.alert.status) for each in happened] == [
        ("timed_out", "open"),
        ("report_overdue", "open"),
        ("escalated", "open"),
    ]


def test_without_a_chain_nothing_is_escalated() -> None:
    case = replace(fell_behind(at(25, 4, 15)), chain=None)
    assert [each.decision.entry for each in pass_until(case, at(12, 5, 0), end_of)] == ["report_overdue"]
