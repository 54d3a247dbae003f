"""Vietnamese names in their order."""

from __future__ import annotations

import random

import pytest

from services.collation import collation_key, initial_of

SORTED = [
    ["Thôn 1", "Thôn 10", "Thôn 2", "Thôn An", "Thôn Ân"],
    ["Xã An", "Xã Ăn", "Xã Ân", "Xã Ba", "Xã Dân", "Xã Đan", "Xã Em", "Xã Êm", "Xã On", "Xã Ôn", "Xã Ơn", "Xã Ưng"],
    ["ba", "bà", "bả", "bã", "bá", "bạ", "bắc", "bâc"],
    ["Cẩm Tân", "Cẩm Thạch", "Cẩm Thủy", "Cẩm Tú", "Cẩm Vân"],
    ["an", "An", "AN"],
    ["", " ", "1", "a", "ả b", "ac", "жук"],
]


@pytest.mark.parametrize("names", SORTED)
def test_names_have_the_order_of_the_vietnamese_alphabet(names: list[str]) -> None:
    shuffled = random.Random(1).sample(names, len(names))  # noqa: S311 - an order for a test
    assert sorted(shuffled, key=collation_key) == names


def test_a_name_sorts_the_same_however_its_tones_are_encoded() -> None:
    assert collation_key("Thủy")[:2] == collation_key("Thu\u0309y")[:2]


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("Hộ nghèo", "H"),
        ("đường xa", "Đ"),
        ("Ấp cũ", "Â"),
        ("ẵm con", "Ă"),
        ("Élan", "E"),
        ("Ở xa", "Ơ"),
        ("3 xã", "3"),
    ],
)
def test_an_index_has_a_name_under_its_letter_whatever_its_tone_and_case(name: str, letter: str) -> None:
    assert initial_of(name) == letter


@pytest.mark.parametrize("names", SORTED)
def test_names_of_one_letter_are_together_in_their_order(names: list[str]) -> None:
    letters = [initial_of(name) for name in sorted(names, key=collation_key)]
    assert len(set(letters)) == sum(1 for n, each in enumerate(letters) if n == 0 or each != letters[n - 1])
