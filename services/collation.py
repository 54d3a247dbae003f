"""Names in the order of the Vietnamese alphabet, as the Unicode collation of CLDR for `vi` has it.

ă, â, đ, ê, ô, ơ and ư are letters of their own; where two names have the same letters the tones decide (none, huyền,
hỏi, ngã, sắc, nặng), then lower case comes before upper case. In Python, since PostgreSQL may be built without ICU.
"""

from __future__ import annotations

from typing import Final, TypeAlias
from unicodedata import normalize

_ALPHABET: Final = {letter: n for n, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES: Final = {tone: n for n, tone in enumerate("\u0300\u0309\u0303\u0301\u0323", start=1)}

CollationKey: TypeAlias = tuple[list[tuple[int, int]], list[int], str]


def collation_key(name: str) -> CollationKey:
    """What to sort names by."""
    letters: list[tuple[int, int]] = []
    tones: list[int] = []
    for character in normalize("NFC", name.casefold()):
        tones.append(max((_TONES.get(part, 0) for part in normalize("NFD", character)), default=0))
        letters.append(_weight(_without_tone(character)))
    return letters, tones, name.swapcase()


def initial_of(name: str) -> str:
    """The letter, or sign, under which an index has the name: all that have the same are together in the order of
    names."""
    letter = _without_tone(normalize("NFC", name.casefold())[:1])
    known = letter if letter in _ALPHABET else normalize("NFD", letter)[:1]
    return (known if known in _ALPHABET else letter).upper()


def _without_tone(character: str) -> str:
    return normalize("NFC", "".join(part for part in normalize("NFD", character) if part not in _TONES))


def _weight(letter: str) -> tuple[int, int]:
    """Spaces, signs and digits come before letters, letters of other alphabets after them."""
    if (known := _ALPHABET.get(letter, _ALPHABET.get(normalize("NFD", letter)[:1]))) is not None:
        return 1, known
    return (2 if letter.isalpha() else 0), ord(letter[:1] or " ")
