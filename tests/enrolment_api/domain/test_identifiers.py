"""Identifiers have one normal form, and say what is wrong where they have none."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.domain.identifiers import (
    PROVINCES_OF_BIRTH,
    CollectionPointParts,
    HealthCardParts,
    PersonalIdParts,
    Sex,
    collection_point,
    doubts,
    health_card,
    mismatches,
    mobile,
    parts_of_collection_point,
    parts_of_health_card,
    parts_of_personal_id,
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


@pytest.mark.parametrize(
    ("digits", "parts"),
    [
        ("038080012345", PersonalIdParts("038", "male", 1980)),
        ("001199012345", PersonalIdParts("001", "female", 1999)),
        ("079200012345", PersonalIdParts("079", "male", 2000)),
        ("096325012345", PersonalIdParts("096", "female", 2025)),
    ],
)
def test_a_personal_id_says_province_sex_and_year(digits: str, parts: PersonalIdParts) -> None:
    assert parts_of_personal_id(digits) == parts


def test_provinces_of_birth_are_the_sixty_three_of_before_the_merger() -> None:
    assert len(PROVINCES_OF_BIRTH) == 63
    assert {len(code) for code in PROVINCES_OF_BIRTH} == {3}
    assert (min(PROVINCES_OF_BIRTH), max(PROVINCES_OF_BIRTH)) == ("001", "096")
    assert PROVINCES_OF_BIRTH.isdisjoint({"000", "003", "013", "039", "097"})


@pytest.mark.parametrize("province", ["000", "003", "097", "101", "999"])
def test_a_personal_id_that_begins_with_no_province_is_a_warning(province: str) -> None:
    [warning] = mismatches(f"{province}080012345", "male", date(1980, 2, 3))
    assert warning.pointer == "/participant/personal_id"
    assert province not in warning.detail


@pytest.mark.parametrize(
    ("typed", "normal", "parts"),
    [
        ("GD4383820012345", "GD4383820012345", HealthCardParts("GD", 4, "38", "3820012345")),
        ("gd 4 38 382 001 2345", "GD4383820012345", HealthCardParts("GD", 4, "38", "3820012345")),
        ("HC1-01-3820012345", "HC1013820012345", HealthCardParts("HC", 1, "01", "3820012345")),
        ("382.001.2345", "3820012345", HealthCardParts(None, None, None, "3820012345")),
    ],
)
def test_a_health_card_has_one_form_and_says_group_level_and_province(
    typed: str, normal: str, parts: HealthCardParts
) -> None:
    assert (health_card(typed), parts_of_health_card(normal)) == (normal, parts)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "GD0383820012345",
        "GD6383820012345",
        "G4383820012345",
        "HC438382001234",
        "GD4380000000000",
        "٣٨٢٠٠١٢٣٤٥",
        "GĐ4383820012345",
    ],
)
def test_a_health_card_of_wrong_form_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(ValueError, match="health card") as refusal:
        health_card(typed)
    assert not typed or typed not in str(refusal.value)


@pytest.mark.parametrize(
    "typed", ["3456789000TH3815142001", "3456789000 th 38 15142 001", "3456789000-TH-38-15142-001"]
)
def test_a_collection_point_has_one_form_and_says_whose_and_where_it_is(typed: str) -> None:
    assert collection_point(typed) == "3456789000TH3815142001"
    parts = CollectionPointParts("3456789000", "38", "15142", 1)
    assert parts_of_collection_point("3456789000TH3815142001") == parts


@pytest.mark.parametrize(
    "typed", ["", "3456789000TH3815142000", "345678900TH3815142001", "3456789000TX3815142001", "3456789000TH381514201"]
)
def test_a_collection_point_of_wrong_form_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="such as 3456789000TH3815142001"):
        collection_point(typed)


@given(st.from_regex(r"([A-Z]{2}[1-5][0-9]{2})?[0-9]{9}[1-8]", fullmatch=True).filter(lambda t: len(set(t[-10:])) > 1))
def test_the_parts_of_a_health_card_are_the_whole(card: str) -> None:
    parts = parts_of_health_card(health_card(card))
    assert "".join(str(part) for part in parts if part is not None) == card


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
