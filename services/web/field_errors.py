"""Errors of fields: where each is, and of many as many as a person reads, with the number of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from services.errors import DomainError, FieldError

E = TypeVar("E", bound=DomainError)
T = TypeVar("T")

MOST_ERRORS: Final = 20
"""How many fields an error names, each by itself."""
_IN_DETAIL: Final = 5
LONGEST_POINTER: Final = 400
_LONGEST_NAME: Final = 100


@dataclass(frozen=True)
class _Others(FieldError):
    """The last entry, where more fields are wrong than are named."""

    number: int


def pointer_to(location: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) to a place. What nobody wrote by hand, a name of a million letters, is cut."""
    return cut_short("".join("/" + _escaped(str(part)) for part in location), LONGEST_POINTER)


def _escaped(name: str) -> str:
    return cut_short(name, _LONGEST_NAME).replace("~", "~0").replace("/", "~1")


def cut_short(text: str, most: int = _LONGEST_NAME) -> str:
    """The text as a caller wrote it, so far as it is repeated to them."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def refusal(kind: type[E], found: Sequence[T], error_of: Callable[[T], FieldError]) -> E:
    """An error of that kind about the first of what was found; its last entry says how many more there are."""
    errors = tuple(map(error_of, found[:MOST_ERRORS]))
    said = [f"{error.pointer or 'body'}: {error.detail}" for error in errors[:_IN_DETAIL]]
    return kind("; ".join(said + _others(len(found) - len(said))), errors + _rest(len(found) - len(errors)))


def shortened(errors: tuple[FieldError, ...], most: int = MOST_ERRORS) -> tuple[FieldError, ...]:
    """The first of them, and how many more there are, those that were left out before among them."""
    if len(errors) <= most:
        return errors
    left_out = sum(error.number if isinstance(error, _Others) else 1 for error in errors[most:])
    return errors[:most] + _rest(left_out)


def _rest(more: int) -> tuple[FieldError, ...]:
    return tuple(_Others("", said, more) for said in _others(more))


def _others(more: int) -> list[str]:
    return [f"and {more:,} more"] if more > 0 else []
