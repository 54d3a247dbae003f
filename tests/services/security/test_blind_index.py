"""Values are found by indexes that only the holder of a key can compute."""

from __future__ import annotations

from services.security.blind_index import INDEX_BYTES, BlindIndexes

OLD, NEW = b"o" * 32, b"n" * 32


def test_a_value_has_one_index_under_each_key_in_their_order() -> None:
    both = BlindIndexes([NEW, OLD], "of a test")
    [old], [new] = (BlindIndexes([key], "of a test").of("number", "038080012345") for key in (OLD, NEW))
    assert both.of("number", "038080012345") == [new, old]
    assert old != new
    assert {len(old), len(new)} == {INDEX_BYTES}
    assert len(set(both.key_ids)) == 2


def test_values_kinds_and_purposes_have_different_indexes() -> None:
    indexes = BlindIndexes([OLD], "of a test")
    found = [
        *indexes.of("number", "1"),
        *indexes.of("number", "2"),
        *indexes.of("code", "1"),
        *BlindIndexes([OLD], "of another").of("number", "1"),
    ]
    assert len(set(found)) == len(found)
