"""Identifiers of people and of collection points: their normal form, what is wrong with one that has none, and what the
parts of one say.

`personal_id` and its like take what somebody typed and return the normal form, or raise ValueError saying how to
correct it; the message never repeats what was typed, since that is personal data. `parts_of_…` take a normal form.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, Literal, NamedTuple, TypeAlias

from services.errors import FieldError
from services.names import readable_name

Sex: TypeAlias = Literal["male", "female"]

LONGEST_NAME = 120
_IN_NAMES = " -'’.,()"
_SEPARATORS = str.maketrans("", "", " .-")
_MOBILE = re.compile(r"0[35789]\d{8}", re.ASCII)
_HEALTH_CARD = re.compile(r"(?:[A-Z]{2}[1-5]\d{2})?\d{10}", re.ASCII)
_COLLECTION_POINT = re.compile(r"\d{10}TH\d{2}\d{5}(?!000)\d{3}", re.ASCII)
# fmt: off
PROVINCES_OF_BIRTH: Final = frozenset(
    f"{number:03}" for number in (
        1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42,
        44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86,
        87, 89, 91, 92, 93, 94, 95, 96
    )
)
# fmt: on
"""With which the personal ID begins of whoever's birth was registered in the country: the 63 provinces of before
2025-07 (Decree 137/2015 Art. 13; Circular 59/2021/TT-BCA). Who was registered abroad has the code of a country there,
and what IDs of after the merger of provinces begin with is not confirmed: so another code is a warning, and no error.
"""


class PersonalIdParts(NamedTuple):
    """What a personal ID says: where the birth was registered, the sex, and the year of birth."""

    province_code: str
    sex: Sex
    birth_year: int


class HealthCardParts(NamedTuple):
    """What a health card says: the group of its holder (GD pays as a household), the level of benefits and the
    province, None where it shows the last ten digits alone, as cards do since 2021; and these, which are the
    social-insurance code of the holder."""

    group: str | None
    benefit_level: int | None
    province_code: str | None
    number: str


class CollectionPointParts(NamedTuple):
    """What the code of a collection point says: the organisation's ID, its province and commune, and which point it is
    there, from 1."""

    organisation_id: str
    province_code: str
    commune_code: str
    point: int


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


def health_card(text: str) -> str:
    """The number of a health card (Decision 1351/QĐ-BHXH): two letters, a level from 1 to 5, two digits of the
    province, ten digits; or the last ten alone, which is what newer cards show."""
    plain = text.translate(_SEPARATORS).upper()
    if not _HEALTH_CARD.fullmatch(plain) or _is_placeholder(plain[-10:]):
        raise ValueError("a health card has a number such as GD4383820012345, or its last 10 digits, not all the same")
    return plain


def collection_point(text: str) -> str:
    """The code of a collection point (letter 1804/BHXH-QLT): the organisation's ID of ten digits, TH, the province's
    two digits, the commune's five, and a number from 001 to 999."""
    plain = text.translate(_SEPARATORS).upper()
    if not _COLLECTION_POINT.fullmatch(plain):
        raise ValueError(
            "a collection point has 10 digits of its organisation, TH, 2 of the province, 5 of the commune, and a"
            " number from 001 to 999, such as 3456789000TH3815142001"
        )
    return plain


def parts_of_personal_id(personal_id: str) -> PersonalIdParts:
    """The fourth digit gives century and sex (0 and 1: male and female born in 19xx, 2 and 3: in 20xx), the next two
    the year of birth (Decree 137/2015 Art. 13)."""
    century, sex = divmod(int(personal_id[3]), 2)
    return PersonalIdParts(personal_id[:3], "female" if sex else "male", (19 + century) * 100 + int(personal_id[4:6]))


def parts_of_health_card(health_card: str) -> HealthCardParts:
    """Of a number in its normal form."""
    front, number = health_card[:-10], health_card[-10:]
    if not front:
        return HealthCardParts(None, None, None, number)
    return HealthCardParts(front[:2], int(front[2]), front[3:], number)


def parts_of_collection_point(collection_point: str) -> CollectionPointParts:
    """Of a code in its normal form."""
    organisation_id, _, place = collection_point.partition("TH")
    return CollectionPointParts(organisation_id, place[:2], place[2:7], int(place[7:]))


def personal_name(text: str) -> str:
    """A name in its one form; see `services.names`."""
    return readable_name(text, LONGEST_NAME)


def doubts(full_name: str) -> tuple[FieldError, ...]:
    """Signs that no name has: letters may have been lost where the text was converted. Only a warning."""
    if all(character.isalpha() or character in _IN_NAMES for character in full_name):
        return ()
    return (FieldError("/participant/full_name", "has signs that names do not have, such as ? or digits: check it"),)


def mismatches(personal_id: str, sex: Sex, born_on: date) -> tuple[FieldError, ...]:
    """What the digits of a personal ID contradict. Only warnings: cards with such errors are in use."""
    said = parts_of_personal_id(personal_id)
    found = []
    if said.province_code not in PROVINCES_OF_BIRTH:
        found.append(FieldError("/participant/personal_id", _NO_PROVINCE))
    if said.sex != sex:
        found.append(FieldError("/participant/sex", "differs from what the personal ID says: check both"))
    if said.birth_year != born_on.year:
        found.append(FieldError("/participant/born_on", "the year differs from what the personal ID says: check both"))
    return tuple(found)


_NO_PROVINCE = "begins with no code of a province: check it, unless the birth was registered abroad"


def _is_placeholder(digits: str) -> bool:
    return len(set(digits)) == 1


def _only_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
