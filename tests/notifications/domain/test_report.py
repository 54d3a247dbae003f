"""What may be reported of an alert, and what becomes of remedies."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from notifications.domain.alert import Report
from notifications.domain.report import (
    Cause,
    NoSuchRemedy,
    Plan,
    Remedy,
    RemedyIsSettled,
    RemedyState,
    Settled,
    added,
    check_report,
    in_short,
    settled,
)
from services.errors import Invalid

TODAY = date(2025, 10, 27)
VISITS = Plan("Home visits", "Bưu điện Cẩm Thủy", date(2025, 11, 15))
PLANNED = Remedy(1, date(2025, 11, 15))
CATALOGUE = {"cost", "working_away", "other"}


def errors_of(*causes: Cause, plans: list[Plan] | None = None, before: list[Remedy] | None = None) -> list[str]:
    """The pointers of what is wrong."""
    plans = [VISITS] if plans is None else plans
    try:
        check_report(causes, plans, catalogue=CATALOGUE, before=before or [], today=TODAY)
    except Invalid as error:
        return [each.pointer for each in error.errors]
    return []


def test_causes_of_the_catalogue_and_remedies_with_a_day_to_come_are_a_report() -> None:
    assert errors_of(Cause("cost"), Cause("other", "the road is closed")) == []
    assert errors_of(Cause("cost"), plans=[Plan("Today", "CT", TODAY)]) == []


def test_every_wrong_field_of_a_report_is_named() -> None:
    wrong = errors_of(Cause("rain"), Cause("cost"), Cause("cost"), Cause("other"), plans=[VISITS, over()])
    assert wrong == ["/causes/0/code", "/causes/1/code", "/causes/2/code", "/causes/3/note", "/remedies/1/due_on"]


def over() -> Plan:
    """A remedy that was due yesterday."""
    return Plan("Too late", "CT", date(2025, 10, 26))


def test_a_report_plans_a_remedy_unless_one_of_an_earlier_report_is_planned() -> None:
    assert errors_of(Cause("cost"), plans=[]) == ["/remedies"]
    assert errors_of(Cause("cost"), plans=[], before=[Remedy(1, TODAY, "done")]) == ["/remedies"]
    assert errors_of(Cause("cost"), plans=[], before=[PLANNED]) == []


def test_an_alert_has_a_hundred_remedies_at_most() -> None:
    many = [Remedy(n, TODAY) for n in range(1, 100)]
    assert errors_of(Cause("cost"), before=many) == []
    assert errors_of(Cause("cost"), plans=[VISITS, VISITS], before=many) == ["/remedies"]


def test_remedies_of_a_further_report_are_numbered_on() -> None:
    assert added([VISITS, VISITS], []) == [Remedy(1, VISITS.due_on), Remedy(2, VISITS.due_on)]
    assert [remedy.n for remedy in added([VISITS], [PLANNED, PLANNED])] == [3]


MAY_BECOME: dict[RemedyState, set[Settled]] = {
    "planned": {"done", "missed", "dropped"},
    "missed": {"done", "dropped"},
    "done": set(),
    "dropped": set(),
}


@pytest.mark.parametrize("state", get_args(RemedyState))
@pytest.mark.parametrize("wanted", get_args(Settled))
def test_what_a_remedy_may_become(state: RemedyState, wanted: Settled) -> None:
    remedies = [PLANNED, Remedy(2, TODAY, state, "a note"), Remedy(3, TODAY)]
    if wanted in MAY_BECOME[state]:
        after = settled(remedies, 2, wanted, "so it was")
        assert after == [remedies[0], Remedy(2, TODAY, wanted, "so it was"), remedies[2]]
    else:
        with pytest.raises(RemedyIsSettled, match=f"remedy 2 is {state}, and cannot become {wanted}"):
            settled(remedies, 2, wanted)


def test_a_number_that_no_remedy_has_is_refused() -> None:
    with pytest.raises(NoSuchRemedy, match="no remedy 2; it has 1"):
        settled([PLANNED], 2, "done")


def test_a_report_in_short_counts_remedies_and_names_the_first_day_of_those_that_are_planned() -> None:
    remedies = [
        Remedy(1, date(2025, 11, 1), "done"),
        Remedy(2, date(2025, 11, 2), "missed"),
        Remedy(3, date(2025, 11, 20)),
        PLANNED,
        Remedy(5, date(2025, 11, 3), "dropped"),
    ]
    assert in_short(["cost"], remedies) == Report(("cost",), 2, 1, 1, 1, date(2025, 11, 15))
    assert in_short(["cost"], remedies[:1]) == Report(("cost",), done=1)
