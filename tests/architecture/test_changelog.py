"""The changelog says each thing once, below a heading that is there once: a merge may bring back what was moved."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

CHANGELOG = (Path(__file__).parents[2] / "CHANGELOG.md").read_text()
VERSION = re.compile(r"^## ", re.MULTILINE)
ENTRY = re.compile(r"^- .{20,60}", re.MULTILINE)
HEADING = re.compile(r"^### .+", re.MULTILINE)


def twice(texts: list[str]) -> list[str]:
    """Those that are there more than once."""
    return [text for text, number in Counter(texts).items() if number > 1]


def test_no_entry_and_no_heading_of_a_version_comes_twice() -> None:
    for version in VERSION.split(CHANGELOG)[1:]:
        assert (twice(HEADING.findall(version)), twice(ENTRY.findall(version))) == ([], [])
