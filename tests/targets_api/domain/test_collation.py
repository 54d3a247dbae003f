"""Vietnamese names in their order."""

from __future__ import annotations

import random

import pytest

from targets_api.domain.collation import collation_key

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
