"""How the text of a mail is laid out: filters of the templates. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

WIDTH: Final = 76
"""RFC 5322, 2.1.1 recommends at most 78. An address of the web is never broken."""


def wrap(text: str, first: str = "", rest: str = "") -> str:
    """The text in lines that a mail client shows whole."""
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
    return "\n".join(lines)


def columns(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values; those without a value are left out."""
    found = [(name, value) for name, value in rows if value]
    width = max((len(name) for name, _ in found), default=0) + 2
    return "\n".join(wrap(value, f"{name}:".ljust(width), " " * width) for name, value in found)
