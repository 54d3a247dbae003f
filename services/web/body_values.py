"""How many values a body has, found before any of them is made.

To make a value costs up to a thousand times its bytes, and to refuse it more than that: 4 MiB hold two million lists,
or 380,000 fields that do not exist. What no valid body needs is therefore not read.
"""

from __future__ import annotations

from typing import Final

MOST_VALUES: Final = 1_000
"""Of a body that is no batch, and of an item of a batch: texts, numbers, lists, objects and so on, at any depth."""
FIRST_PART: Final = 1 << 16
"""How many bytes are looked at first."""


def has_more_values(raw: bytes, most: int) -> bool:
    """Whether there are more, in what may be JSON.

    A value is the whole, or follows a comma, or is the first of a list or an object, each of which has an end; those
    that have none are refused by the parser, once there are 200. Texts may hold any of these signs, so they are left
    out where all signs together are too many.
    """
    return len(raw) >= most and _signs(raw) >= most and _has_more_outside_of_texts(raw, most)


def _has_more_outside_of_texts(raw: bytes, most: int) -> bool:
    """Looks at ever longer parts: most that have too many have them early."""
    end = FIRST_PART
    while end < len(raw):
        if _part_has_more(raw[:end], most):
            return True
        end *= 4
    return _part_has_more(raw, most)


def _part_has_more(part: bytes, most: int) -> bool:
    quotes = 4 * most  # a value that is a text, and its name
    pieces = part.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"', quotes + 1)
    return len(pieces) > quotes + 1 or _values(b'"'.join(pieces[::2])) > most


def _values(outside: bytes) -> int:
    return 1 + _signs(outside) - outside.count(b"[]") - outside.count(b"{}")


def _signs(text: bytes) -> int:
    return text.count(b",") + text.count(b"]") + text.count(b"}")
