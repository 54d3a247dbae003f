"""Names and codes, as everybody types them: one form for each. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

CODE: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""The form of a code: of a unit, an organisation and so on."""
_LOST = "\ufffd"


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
