"""The shipped rates, and those of an operator: added by entries alone, and refused by name where they are wrong."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from enrolment_api.contributions.rates import SHIPPED, WrongRates, load_rates
from enrolment_api.contributions.tables import TABLES
from enrolment_api.domain.contribution import assess
from enrolment_api.domain.terms import Terms, UnknownSupportGroup
from enrolment_api.settings import EnrolmentSettings

OCTOBER = date(2025, 10, 25)
SALARY = '[[health.base_salary]]\nsince = 2026-07-01\nvnd = 3_000_000\nsource = "Decree 1"\n'
DISCOUNT = '[[voluntary.discount]]\nsince = 2026-01-01\nuntil = 2026-12-31\nsource = "announced"\n'


def payable(own: Path | None, **terms: Any) -> int:
    """What the first member of a household pays for a quarter, but for the changes."""
    usual: dict[str, Any] = {"scheme": "household_health", "on": OCTOBER, "months": 3}
    return assess(Terms(**usual | terms), load_rates(own)).contribution.payable


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Where the operator has a file."""
    return tmp_path / "rates.toml"


def test_every_figure_that_is_shipped_names_its_source() -> None:
    tables = [*SHIPPED.read_text().split("[[")][1:]
    assert len(tables) > len(TABLES)
    assert [table for table in tables if "source = " not in table] == []


def test_every_table_is_documented() -> None:
    document = (Path(__file__).parents[3] / "docs" / "contributions.md").read_text()
    assert re.findall(r"^\| `([a-z_.]+)` \| .* \| .*`since` \|$", document, re.MULTILINE) == [*TABLES]


def test_the_file_that_the_document_shows_is_one_that_is_taken(own: Path) -> None:
    document = (Path(__file__).parents[3] / "docs" / "contributions.md").read_text()
    [shown] = re.findall(r"^```toml\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    own.write_text(shown)
    assert payable(own, on=date(2027, 7, 1)) == 3 * 121_500


def test_an_entry_of_another_day_is_added_and_one_of_the_same_day_replaces(own: Path) -> None:
    own.write_text(SALARY + SALARY.replace("2026-07-01", "2027-01-01").replace("3_0", "4_0"))
    days = [date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 1)]
    assert [payable(own, on=day) for day in days] == [3 * 105_300, 3 * 135_000, 3 * 180_000]
    assert payable(None, on=days[1]) == 3 * 113_850


def test_shares_groups_periods_and_limits_are_entries_too(own: Path) -> None:
    own.write_text("""
        [[health.members]]
        since = 2025-10-01
        percents = [100, 50]
        source = "a decree"
        [[health.support]]
        since = 2025-10-01
        group = "resistance_zone"
        percent = 100
        source = "a decree"
        [[health.periods]]
        since = 2025-10-01
        months = [1, 12]
        source = "a decree"
        [[voluntary.most_supported]]
        since = 2025-10-01
        months = 6
        source = "a decree"
    """)
    assert payable(own, months=1, member_no=7) == 52_650
    assert payable(own, months=1, support_group="resistance_zone") == 0
    voluntary: dict[str, Any] = {"scheme": "voluntary_social", "months": 12, "monthly_income": 1_500_000}
    assert payable(own, **voluntary) == 12 * 330_000 - 6 * 66_000
    with pytest.raises(UnknownSupportGroup):
        payable(own, on=date(2025, 9, 30), support_group="resistance_zone")


def test_numbers_are_taken_to_the_last_digit(own: Path) -> None:
    own.write_text(f"{DISCOUNT}percent_a_month = 0.32145678\n")
    [entry] = load_rates(own).voluntary.discount
    assert entry.percent_a_month == Decimal("0.32145678")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "is no TOML in UTF-8: Expected '='"),
        ("[[health.salary]]\n", "there is no table health.salary: choose one of health.base_salary, "),
        ("[[local]]\n", "there is no table local: "),
        ("[health]\nrate = 4.5\n", "health.rate has to be written as [[health.rate]]"),
        (SALARY + SALARY, "[[health.base_salary]] number 2 is there twice (since 2026-07-01): remove one"),
        (SALARY.replace("3_000_000", "3e6"), "(since 2026-07-01): vnd: a whole number is expected"),
        (SALARY.replace("3_000_000", "0"), "vnd: a number greater than 0 is expected"),
        (SALARY.replace('source = "Decree 1"', ""), "number 1 (since 2026-07-01): source: this field is required"),
        (SALARY + "note = 1\n", "note: there is no such field here: remove it"),
        (SALARY.replace("2026-07-01", '"2026-07-01"'), "since: a date is expected, such as 2026-07-01, without quotes"),
        (SALARY + "until = 2026-06-30\n", "(since 2026-07-01): until must not be before since"),
        (f"{DISCOUNT}percent_a_month = 4.3\n", "percent_a_month: at most 1 is expected"),
        (f'{DISCOUNT}percent_a_month = "0.3"\n', "percent_a_month: a number is expected, without quotes"),
        (f"{DISCOUNT.replace('until = 2026-12-31', '')}percent_a_month = 0.3\n", "until: this field is required"),
        (
            '[[local_support]]\nsince = 2026-01-01\nscheme = "household_health"\nunit_code = "38"\nsource = "x"\n',
            "[[local_support]] number 1 (since 2026-01-01): give either percent_of_due or vnd_a_month",
        ),
        (
            '[[local_support]]\nsince = 2026-01-01\nscheme = "household_health"\nunit_code = "38"\nsource = "x"\n'
            'vnd_a_month = 1_000\ngroup = "poor"\n',
            "group: poor is in no entry of health.support: choose one of none, near_poor, average_living_farm, or add",
        ),
        (
            '[[voluntary.support]]\nsince = 2026-01-01\ngroup = "Poor people"\npercent = 10\nsource = "x"\n',
            "group: this text does not have the form that is documented",
        ),
        (
            '[[health.periods]]\nsince = 2026-01-01\nmonths = [12, 3]\nsource = "x"\n',
            "months: give each number once, the lowest first",
        ),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_names_file_table_entry_and_remedy(
    own: Path, text: str, words: str
) -> None:
    own.write_text(text)
    with pytest.raises(WrongRates) as refusal:
        load_rates(own)
    said = str(refusal.value)
    assert said.startswith(str(own))
    assert words in said
    assert "\n" not in said


def test_a_file_that_is_not_there_is_a_wrong_setting(own: Path) -> None:
    with pytest.raises(ValidationError, match="cannot be read: No such file or directory; name another file"):
        EnrolmentSettings.model_validate({"DRIVE_RATES_FILE": str(own)})
    own.write_text(SALARY)
    assert EnrolmentSettings.model_validate({"DRIVE_RATES_FILE": str(own)}).rates_file == own
