"""Text that a spreadsheet would calculate: in a CSV file an apostrophe stands before it, and is taken away where such a
file comes back. Pure."""

from __future__ import annotations

from typing import Final

_MARK: Final = "'"
_BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula (OWASP, CSV injection), the wide forms of East Asian keyboards included."""


def guarded(text: str) -> str:
    """As it is written; text that looks guarded gets one more apostrophe, so that `bare` gives back any text."""
    return _MARK + text if text.lstrip(_MARK).startswith(_BEGINS_A_FORMULA) else text


def bare(text: str) -> str:
    """As it was before it was guarded; text that nobody guarded stays as it is."""
    return text[1:] if text.startswith(_MARK) and guarded(text) != text else text
