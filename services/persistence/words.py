"""Texts by their words: columns that an index finds by the beginnings of words, whatever case and marks they have."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, func

from services.names import FOLDED

_FROM: Final = "".join(FOLDED)
_TO: Final = "".join(FOLDED.values())


def words_in(text: str) -> str:
    """The words of an SQL expression, as `services.names` has them: what an index can hold."""
    folded = f"translate({text}, '{_FROM}', '{_TO}')"
    return f"array_to_tsvector(array_remove(regexp_split_to_array({folded}, '[^a-z0-9]+'), ''))"


def beginning_with(word: str) -> str:
    """A `tsquery` of what has a word that begins with this one of `services.names.words_of`."""
    return f"'{word}':*"


def beginning_with_each(word: ColumnElement[str]) -> ColumnElement[str]:
    """The same of a column of such words."""
    return func.concat("'", word, "':*")
