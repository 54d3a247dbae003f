"""The 60 days of the demo's province: who signs up when, and who falls behind by that."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from drive.demo.places import PROVINCE
from drive.demo.province.book import Book
from drive.demo.province.figures import Ranked, ranks_by_hand
from drive.demo.province.places import COMMUNES, POST_OFFICES, UNITS
from drive.demo.province.plan import (
    AFTER_QUIET,
    CATCHING_UP,
    ENDS_ON,
    FALL_BEHIND,
    QUIET_FROM,
    QUIET_UNTIL,
    SENDING_DAYS,
    STARTS_ON,
    WORKING_DAYS,
    WORKING_DAYS_OVER,
    Planned,
    plan,
    signed_up_by,
)
from drive.demo.province.registry import registry_file
from drive.demo.province.sign_ups import SignUps
from enrolment_api.registry.official import official_units
from services.holidays import calendar_of
from services.ids import new_id
from services.vocabulary import PaceStatus, Scope
from targets_api.domain.pace import LAGGING, Progress, pace_of
from targets_api.domain.rounding import cut
from targets_api.domain.target import Target

UNIT_OF = {commune: unit.code for unit in UNITS for commune in unit.communes}
SHARES = range(12, 60)
"""What communes are given; with less one person more or less is too much of it."""


def _planned() -> list[Planned]:
    return [each for sent in plan(dict.fromkeys(COMMUNES, 18)).values() for each in sent]


def _becomes_behind_and_no_more(commune: str, share: int) -> list[tuple[str, object]]:
    """Each change between behind and not behind, and its day, judged before and after what is sent on the day."""
    target = Target(new_id(), Scope(commune), "voluntary_social", "new", share, STARTS_ON, ENDS_ON, None)
    calendar = calendar_of([STARTS_ON, ENDS_ON])
    status: PaceStatus | None = None
    changes: list[tuple[str, object]] = []
    in_all = signed_up_by(commune, share)
    for day, before, after in zip(SENDING_DAYS, [0, *in_all], in_all, strict=False):
        for persons in (before, after):
            verdict = pace_of(target, Progress(persons), day, day, calendar, previous=status)
            assert verdict.severity != "critical"
            if verdict.lags != (status in LAGGING):
                changes.append(("behind" if verdict.lags else "caught up", day))
            status = verdict.status
    return changes


def test_the_communes_are_those_of_the_official_list_each_below_one_unit() -> None:
    official = [unit.code for unit in official_units(PROVINCE) if unit.level == "commune"]
    assert Counter(COMMUNES) == Counter(official)


@pytest.mark.parametrize("commune", COMMUNES)
def test_only_the_communes_of_some_units_fall_behind_once_and_most_of_them_catch_up(commune: str) -> None:
    changes = {share: _becomes_behind_and_no_more(commune, share) for share in SHARES}
    unit = UNIT_OF[commune]
    expected: list[tuple[str, object]] = [("behind", AFTER_QUIET)] if unit in FALL_BEHIND else []
    if unit in CATCHING_UP:
        expected.append(("caught up", SENDING_DAYS[SENDING_DAYS.index(AFTER_QUIET) + 1]))
    assert changes == dict.fromkeys(SHARES, expected)


def test_sign_ups_come_in_bursts_on_week_ends_and_none_on_quiet_days() -> None:
    days = Counter(each.on for each in _planned())
    at_week_ends = sum(n for day, n in days.items() if day.weekday() >= 5)
    assert days.total() > 2_500
    assert 0.7 < at_week_ends / days.total() < 0.95
    assert min(days) == STARTS_ON
    assert max(days) <= ENDS_ON
    assert not [day for day in days if QUIET_FROM <= day <= QUIET_UNTIL]


def test_nothing_is_sent_before_its_day_or_after_the_next_sending() -> None:
    sent = plan(dict.fromkeys(COMMUNES, 18))
    for before, day in pairwise(SENDING_DAYS):
        assert all(before < each.on <= day for each in sent[day])


def test_each_run_signs_up_the_same_people_and_nobody_twice() -> None:
    first, second = SignUps().by_post_office(_planned()), SignUps().by_post_office(_planned())
    assert first == second
    everybody = [sign_up for sent in first.values() for sign_up in sent]
    for value in ("external_ref", "receipt_no"):
        assert len({sign_up[value] for sign_up in everybody}) == len(everybody)
    assert len({sign_up["participant"]["personal_id"][-6:] for sign_up in everybody}) == len(everybody)
    assert set(first) == {office.code for office in POST_OFFICES}


def test_the_file_of_the_registry_puts_every_commune_below_its_unit() -> None:
    rows = list(csv.DictReader(io.StringIO(registry_file({code: f"Xã {code}" for code in COMMUNES}))))
    assert {row["code"]: row["parent_code"] for row in rows if row["level"] == "commune"} == UNIT_OF
    collectors = {row["code"]: row["organisation_code"] for row in rows if row["kind"] == "collector"}
    assert collectors == {code: unit.post_office.code for unit in UNITS for code in unit.collector_codes()}


def test_what_is_cancelled_or_corrected_counts_on_its_day_no_more_or_elsewhere() -> None:
    book, day = Book(), STARTS_ON
    first, second, third = (Planned(commune, day) for commune in COMMUNES[:3])
    book.add([first, second, third, Planned(first.commune, ENDS_ON)])
    book.cancel(second)
    book.move(third, first.commune)
    assert (book.net, book.cancelled, book.corrected) == (3, 1, 1)
    assert {code: n for code, n in book.nets(day).items() if n} == {first.commune: 2}
    assert {code: n for code, n in book.nets(ENDS_ON).items() if n} == {first.commune: 3}


@pytest.mark.parametrize("day", WORKING_DAYS_OVER)
def test_working_days_that_are_over_are_those_of_the_calendar(day: date) -> None:
    target = Target(new_id(), Scope(PROVINCE), "voluntary_social", "new", 1_000, STARTS_ON, ENDS_ON, None)
    verdict = pace_of(target, Progress(0), day, ENDS_ON, calendar_of([STARTS_ON, ENDS_ON]))
    assert verdict.expected == cut(WORKING_DAYS_OVER[day] / WORKING_DAYS, 3)


def test_communes_of_one_ratio_share_a_rank_by_hand() -> None:
    ranked = [
        Ranked(0, 0, code, code, 0, {"value": value}) for code, value in zip("abcd", (10, 20, 20, 30), strict=True)
    ]
    assert ranks_by_hand(ranked, {"a": 5, "b": 10, "c": 12, "d": 3}, 42) == {"c": 1, "a": 2, "b": 2, "d": 4}
