"""Pure words that all domains share: the family of errors, money and calendar arithmetic."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, TypeAlias

Vnd: TypeAlias = int
"""Whole Vietnamese đồng."""


@dataclass(frozen=True)
class FieldError:
    """One wrong field: where it is (RFC 6901 JSON pointer into the body) and what would mend it."""

    pointer: str
    detail: str


class DomainError(Exception):
    """A refusal that a caller can act on.

    `code` is stable and names the problem type; `title` is the same for every occurrence; `detail` tells what
    happened this time and what to do; `errors` points at the fields that caused it.
    """

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"

    def __init__(self, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class Invalid(DomainError):
    """The request is understood, but what it says cannot be accepted as it is."""

    code = "invalid"
    title = "The request is not valid"

    @classmethod
    def field(cls, pointer: str, detail: str) -> Invalid:
        """An error of this kind about a single field."""
        return cls(detail, (FieldError(pointer, detail),))


class Unauthenticated(DomainError):
    """Nobody knows who is asking."""

    code = "unauthenticated"
    title = "A valid bearer token is needed"


class Forbidden(DomainError):
    """It is known who is asking, and they may not."""

    code = "forbidden"
    title = "The token does not allow this"


class NotFound(DomainError):
    """There is no such thing, or not for the one who asks."""

    code = "not-found"
    title = "There is no such resource"


class Conflict(DomainError):
    """The request contradicts what is already there."""

    code = "conflict"
    title = "The request conflicts with what is already there"


class Unavailable(DomainError):
    """Something this service needs is away for the moment; the same request may be sent again."""

    code = "unavailable"
    title = "The service cannot answer just now"

    def __init__(self, detail: str, retry_after: int = 2) -> None:
        """`retry_after` is in seconds."""
        super().__init__(detail)
        self.retry_after = retry_after


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAIL = re.compile(rf"(?=.{{1,254}}$)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)*(?![0-9]+$){_LABEL}")


def is_mail_address(text: str) -> bool:
    """Whether this is a plain mail address, such as ops@example.org (RFC 5321, 4.1.2, less quoted and literal forms).

    One that holds `=?` is none: a reader of mail may take it for an encoded word (RFC 2047) and show another.
    """
    return bool(_MAIL.fullmatch(text)) and "=?" not in text


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or the last day of that month where it is shorter."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, calendar.monthrange(year, month0 + 1)[1]))
