"""A fortnight over public holidays: escalations, hours of routes, and digests, against the log that is expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Final

from notifications.domain.digest import Schedule, due_after, period_of
from services.holidays import calendar_of
from tests.notifications.domain.test_passing import STORY, at, entries_of, shown

BEGIN, END = at(25, 4, 15), at(12, 5, 12)
CALENDAR: Final = calendar_of([BEGIN.date(), END.date()])
DAILY, WEEKLY = Schedule("day", time(7, 30)), Schedule("week", time(7, 30), on="wed")
LOG: Final = """\
Fri 25.04 15:00 fell_behind
Fri 25.04 19:00 escalated, level 1: nobody has acknowledged it in time
    cam-thuy Sat 26.04 07:30
Sat 26.04 07:30 daily, since Fri 25.04 07:30: fell_behind, escalated
Sat 26.04 09:00 acknowledged
Mon 28.04 07:30 daily, since Sat 26.04 07:30: acknowledged
Mon 28.04 09:00 timed_out, it was acknowledged, and nothing was reported in time
Tue 29.04 07:30 daily, since Mon 28.04 07:30: timed_out
Tue 29.04 09:00 escalated, level 2: nobody has acknowledged it in time
    thanh-hoa Tue 29.04 09:00
Wed 30.04 00:00 report_overdue, no report has come in time
Wed 30.04 00:00 escalated, level 3: no report has come in time
    thanh-hoa Mon 05.05 07:30
    director Wed 30.04 00:00
Mon 05.05 07:30 daily, since Tue 29.04 07:30: escalated, report_overdue, escalated
Mon 05.05 07:30 weekly, since Wed 23.04 07:30: fell_behind, escalated, acknowledged, timed_out, escalated, \
report_overdue, escalated
Mon 05.05 09:00 escalated, level 4: nobody has acknowledged it in time
    director Mon 05.05 09:00
Mon 05.05 10:00 reported
Tue 06.05 07:30 daily, since Mon 05.05 07:30: escalated, reported
Wed 07.05 00:00 remedy_missed, remedy 1 was not done in time
Wed 07.05 00:00 escalated, level 5: a remedy was not done in time
    thanh-hoa Wed 07.05 07:30
    director Wed 07.05 00:00
Wed 07.05 07:30 daily, since Tue 06.05 07:30: remedy_missed, escalated
Wed 07.05 07:30 weekly, since Mon 05.05 07:30: escalated, reported, remedy_missed, escalated
Thu 08.05 07:30 daily, since Wed 07.05 07:30: nothing
Fri 09.05 07:30 daily, since Thu 08.05 07:30: nothing
Fri 09.05 11:00 recovered
Mon 12.05 07:30 daily, since Fri 09.05 07:30: recovered
"""
Entries = Sequence[tuple[datetime, list[str]]]


def what(lines: list[str]) -> str:
    """The kind of an entry: what stands behind its time."""
    return lines[0].split(",")[0].split()[-1]


def digests_of(
    name: str, schedule: Schedule, entries: Entries, made: Sequence[datetime]
) -> Iterator[tuple[datetime, list[str]]]:
    """What the digests tell that are made at these times, each of which is sent."""
    told_until = None
    for now in made:
        period = period_of(schedule, now, told_until, BEGIN, CALENDAR)
        told = [what(lines) for then, lines in entries if period.since <= then < period.until]
        yield now, [f"{shown(now)} {name}, since {shown(period.since)}: {', '.join(told) or 'nothing'}"]
        told_until = period.until


def dues(schedule: Schedule) -> list[datetime]:
    """When one is due in this time."""
    found = [due_after(schedule, BEGIN, CALENDAR)]
    while (following := due_after(schedule, found[-1], CALENDAR)) < END:
        found.append(following)
    return found


def test_a_fortnight_over_public_holidays_is_as_expected() -> None:
    entries = list(entries_of(STORY))
    daily = digests_of("daily", DAILY, entries, dues(DAILY))
    weekly = digests_of("weekly", WEEKLY, entries, dues(WEEKLY))
    log = sorted([*entries, *daily, *weekly], key=lambda each: each[0])
    assert "".join(f"{line}\n" for _, lines in log for line in lines) == LOG


def test_a_worker_that_slept_tells_all_of_it_in_one() -> None:
    entries = list(entries_of(STORY))
    made = [dues(DAILY)[0], at(9, 5, 16), at(12, 5, 7, 30)]
    assert [lines[0] for _, lines in digests_of("daily", DAILY, entries, made)][1:] == [
        "Fri 09.05 16:00 daily, since Sat 26.04 07:30: acknowledged, timed_out, escalated, report_overdue, escalated, "
        "escalated, reported, remedy_missed, escalated, recovered",
        "Mon 12.05 07:30 daily, since Fri 09.05 16:00: nothing",
    ]
