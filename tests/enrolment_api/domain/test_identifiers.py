"""Identifiers have one normal form, and say what is wrong where they have none."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.domain.identifiers import (
    Sex,
    doubts,
    mismatches,
    mobile,
    personal_id,
    personal_name,
    social_insurance_code,
)

DIGITS = st.text(alphabet="0123456789", min_size=12, max_size=12)


@pytest.mark.parametrize("typed", ["038080012345", "038 080 012 345", "038.080.012.345", "038-080-012345"])
def test_personal_id_is_kept_as_twelve_digits(typed: str) -> None:
    assert personal_id(typed) == "038080012345"


@pytest.mark.parametrize(
    "typed", ["", "04519912345", "0451991234567", "04519912345X", "０３８０８００１２３４５", "٠٣٨٠٨٠٠١٢٣٤٥"]
)
def test_personal_id_of_wrong_form_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(ValueError, match="12 digits") as refusal:
        personal_id(typed)
    assert not typed or typed not in str(refusal.value)


@given(DIGITS.filter(lambda digits: len(set(digits)) > 1))
def test_normal_form_of_a_personal_id_is_its_own_normal_form(digits: str) -> None:
    assert personal_id(personal_id(digits)) == digits


@pytest.mark.parametrize(("typed", "normal"), [("3820012345", "3820012345"), ("382 001 2345", "3820012345")])
def test_social_insurance_code_is_kept_as_ten_digits(typed: str, normal: str) -> None:
    assert social_insurance_code(typed) == normal


@pytest.mark.parametrize("typed", ["382001234", "38200123456", "GD38200123"])
def test_social_insurance_code_of_wrong_form_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="10 digits"):
        social_insurance_code(typed)


@pytest.mark.parametrize("typed", ["0912345678", "+84912345678", "+84 912 345 678", "091.234.5678"])
def test_mobile_is_kept_with_a_leading_zero(typed: str) -> None:
    assert mobile(typed) == "0912345678"


@pytest.mark.parametrize("typed", ["0212345678", "912345678", "09123456789", "+850912345678", "٠٩١٢٣٤٥٦٧٨", "phone"])
def test_number_that_is_no_vietnamese_mobile_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="mobile number"):
        mobile(typed)


def test_name_is_the_same_however_it_was_typed() -> None:
    composed = "Nguyễn Văn An"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    assert personal_name(decomposed) == personal_name("Nguyễn  Văn\u00a0An") == composed


@pytest.mark.parametrize("typed", ["An\x00", "An\nVan", "An\tVan", "An\u200bVan", "An\u202eVan"])
def test_name_with_invisible_characters_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        personal_name(typed)


@pytest.mark.parametrize("typed", ["", "  ", "12345", "A" * 121])
def test_name_without_letters_or_end_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="a name has"):
        personal_name(typed)


@pytest.mark.parametrize(
    ("digits", "sex", "born_on", "pointers"),
    [
        ("038080012345", "male", date(1980, 2, 3), []),
        ("038180012345", "female", date(1980, 2, 3), []),
        ("038205012345", "male", date(2005, 2, 3), []),
        ("038305012345", "female", date(2005, 2, 3), []),
        ("038080012345", "female", date(1980, 2, 3), ["/participant/sex"]),
        ("038080012345", "male", date(1981, 2, 3), ["/participant/born_on"]),
        ("038080012345", "male", date(2080, 2, 3), ["/participant/born_on"]),
        ("038305012345", "male", date(1905, 2, 3), ["/participant/sex", "/participant/born_on"]),
    ],
)
def test_contradiction_with_the_personal_id_is_a_warning(
    digits: str, sex: Sex, born_on: date, pointers: list[str]
) -> None:
    warnings = mismatches(digits, sex, born_on)
    assert [warning.pointer for warning in warnings] == pointers
    assert all(digits not in warning.detail and str(born_on.year) not in warning.detail for warning in warnings)


@pytest.mark.parametrize("digit", "0123456789")
def test_a_number_of_equal_digits_is_a_placeholder_and_refused(digit: str) -> None:
    for check, length in ((personal_id, 12), (social_insurance_code, 10)):
        with pytest.raises(ValueError, match="all the same"):
            check(digit * length)


@pytest.mark.parametrize("name", ["Nguy?n Văn An", "Nguyễn V4n An", "An@", "Nguyễn_An"])
def test_a_name_with_signs_that_names_do_not_have_is_a_warning(name: str) -> None:
    assert [each.pointer for each in doubts(personal_name(name))] == ["/participant/full_name"]


@pytest.mark.parametrize("name", ["Nguyễn Văn An", "H'Hen Niê", "Y-Moan", "Ksor, H. (Bé)", "K’Brơi"])
def test_names_of_all_peoples_raise_no_warning(name: str) -> None:
    assert doubts(personal_name(name)) == ()


def test_a_name_that_lost_letters_is_refused() -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        personal_name("Nguy\ufffdn")
