"""Lists that are dealt with some at a time."""

from __future__ import annotations

from services.pages import pages


def test_pages_have_all_items_in_their_order_and_only_the_last_is_shorter() -> None:
    assert list(pages("abcdefg", 3)) == ["abc", "def", "g"]
    assert list(pages([1, 2], 2)) == [[1, 2]]
    assert list(pages([], 2)) == []
