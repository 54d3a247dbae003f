"""The causes of the catalogue in the order in which the page offers them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from notifications.domain.report import OTHER
from services.collation import collation_key, initial_of

FEW: Final = 12
"""So many causes are seen at one glance."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Names by code: those that are offered first, all others by their first letter, and what is none of them."""

    first: Mapping[str, str]
    by_letter: Mapping[str, Mapping[str, str]]
    last: Mapping[str, str]


def choices(names: Mapping[str, str], often: Sequence[str]) -> Choices:
    """The causes of these names; of many, those that are reported often are first."""
    last = {OTHER: names[OTHER]} if OTHER in names else {}
    others = {code: name for code, name in names.items() if code not in last}
    if len(others) <= FEW:
        return Choices(others, {}, last)
    first = {code: others[code] for code in often if code in others}
    rest = sorted((code for code in others if code not in first), key=lambda code: collation_key(others[code]))
    letters = groupby(rest, key=lambda code: initial_of(others[code]))
    return Choices(first, {letter: {code: others[code] for code in codes} for letter, codes in letters}, last)
