"""Names and codes, as everybody types them: one form for each. Pure."""

from __future__ import annotations

import re
import unicodedata
from itertools import product
from string import ascii_lowercase
from typing import Final

CODE: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""The form of a code: of a unit, an organisation and so on."""
_LOST = "\ufffd"
_VOWELS: Final = (*"aeiouy", "a\u0302", "a\u0306", "e\u0302", "o\u0302", "o\u031b", "u\u031b")
_TONES: Final = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_MARKED: Final = {unicodedata.normalize("NFC", vowel + tone): vowel[0] for vowel, tone in product(_VOWELS, _TONES)}
_LETTERS: Final = {**_MARKED, "đ": "d", **{letter: letter for letter in ascii_lowercase}}
FOLDED: Final = {
    letter: base for lower, base in _LETTERS.items() for letter in (lower, lower.upper()) if letter != base
}
"""The letters of Vietnamese, and capital ones, with those by which words are compared."""
_FOLDING: Final = str.maketrans(FOLDED)
_WORD: Final = re.compile("[a-z0-9]+")


def readable_name(text: str, longest: int) -> str:
    """The name of a person or a place, as `readable_label` has it. Raises ValueError where it has no letters, too."""
    name = readable_label(text, longest)
    if not any(character.isalpha() for character in name):
        raise ValueError("a name has letters")
    return name


def readable_label(text: str, longest: int) -> str:
    """The text in Unicode normal form C with single spaces: the same text is the same characters, however typed.

    Raises ValueError saying how to correct it; the message does not repeat what was typed.
    """
    name = unicodedata.normalize("NFC", text).replace("\u00a0", " ")
    if not name.isprintable():
        raise ValueError("a name has no control characters: remove line breaks, tabs and invisible characters")
    if _LOST in name:
        raise ValueError("letters of the name were lost (U+FFFD): send the text as UTF-8, from its source")
    name = " ".join(name.split())
    if not 0 < len(name) <= longest:
        raise ValueError(f"a name has 1 to {longest} characters")
    return name


def words_of(text: str) -> list[str]:
    """The words of a text, and the parts of codes, without case and the marks of Vietnamese: as people type them who
    look for one."""
    return _WORD.findall(unicodedata.normalize("NFC", text).translate(_FOLDING))
