"""Identifiers of people: their normal form, and what is wrong with one that has none.

Each function takes what somebody typed and returns the normal form, or raises ValueError saying how to correct it; the
message never repeats what was typed, since that is personal data.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal, TypeAlias

from services.errors import FieldError
from services.names import readable_name

Sex: TypeAlias = Literal["male", "female"]

LONGEST_NAME = 120
_IN_NAMES = " -'’.,()"
_SEPARATORS = str.maketrans("", "", " .-")
_MOBILE = re.compile(r"0[35789]\d{8}", re.ASCII)


def personal_id(text: str) -> str:
    """The number of the citizen's card (Decree 137/2015 Art. 13): 12 digits, without separators."""
    plain = text.translate(_SEPARATORS)
    if len(plain) != 12 or not _only_digits(plain) or _is_placeholder(plain):
        raise ValueError("a personal ID has 12 digits that are not all the same, such as 038080012345")
    return plain


def social_insurance_code(text: str) -> str:
    """The code in use until the personal ID replaced it (2025-08-01): 10 digits."""
    plain = text.translate(_SEPARATORS)
    if len(plain) != 10 or not _only_digits(plain) or _is_placeholder(plain):
        raise ValueError(
            "a social-insurance code has 10 digits that are not all the same; leave the field out where there is none"
        )
    return plain


def mobile(text: str) -> str:
    """A Vietnamese mobile number as 10 digits that begin with 0."""
    plain = text.translate(_SEPARATORS)
    if plain.startswith("+84"):
        plain = "0" + plain[3:]
    if not _MOBILE.fullmatch(plain):
        raise ValueError("a mobile number has 10 digits and begins with 03, 05, 07, 08 or 09 (or +84 for the 0)")
    return plain


def personal_name(text: str) -> str:
    """A name in its one form; see `services.names`."""
    return readable_name(text, LONGEST_NAME)


def doubts(full_name: str) -> tuple[FieldError, ...]:
    """Signs that no name has: letters may have been lost where the text was converted. Only a warning."""
    if all(character.isalpha() or character in _IN_NAMES for character in full_name):
        return ()
    return (FieldError("/participant/full_name", "has signs that names do not have, such as ? or digits: check it"),)


def mismatches(personal_id: str, sex: Sex, born_on: date) -> tuple[FieldError, ...]:
    """What the digits of a personal ID contradict. Only warnings: cards with such errors are in use.

    The fourth digit gives century and sex (0 and 1: male and female born in 19xx, 2 and 3: in 20xx), the next two the
    year of birth.
    """
    century, male = 19 + int(personal_id[3]) // 2, int(personal_id[3]) % 2 == 0
    found = []
    if male != (sex == "male"):
        found.append(FieldError("/participant/sex", "differs from what the personal ID says: check both"))
    if century * 100 + int(personal_id[4:6]) != born_on.year:
        found.append(FieldError("/participant/born_on", "the year differs from what the personal ID says: check both"))
    return tuple(found)


def _is_placeholder(digits: str) -> bool:
    return len(set(digits)) == 1


def _only_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
