"""Texts as mail headers must hold them to be shown as they are. Pure."""

from __future__ import annotations

import re
import unicodedata
from email.header import Header

_PLAIN = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~.,:;()\[\]-]{0,200}")
_WORDS = re.compile(r"[A-Za-z0-9 -]{1,200}")
_LONGEST_LINE = 76
_NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories: control characters, half surrogate pairs, line and paragraph separators."""


def subject_text(text: str) -> str:
    """The text for the header Subject: one line, encoded (RFC 2047) unless plain.

    We encode it ourselves, since Python's newer policies first decode what looks encoded already (cpython#121650): a
    name such as `=?utf-8?q?a=0D=0ABcc=3A_b?=` would become a header of its own, or another name.
    """
    line = one_line(text)
    if _PLAIN.fullmatch(line) and "=?" not in line:
        return line
    return _encoded(line, "Subject")


def display_name(name: str) -> str:
    """The display name of an address, where punctuation has a meaning (RFC 5322, 3.2.5): encoded unless it has none."""
    line = one_line(name)
    return line if _WORDS.fullmatch(line) else _encoded(line, "From")


def one_line(text: str | None) -> str:
    """The text without line breaks and other control characters, of which a name needs none."""
    spaced = "".join(" " if unicodedata.category(c) in _NO_TEXT else c for c in text or "")
    return " ".join(spaced.split())


def _encoded(line: str, header: str) -> str:
    """Encoded words (RFC 2047, 2), the first of them short enough for the line of the header's name."""
    return Header(line, "utf-8", header_name=header, maxlinelen=_LONGEST_LINE).encode(linesep="\r\n")
