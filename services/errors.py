"""The errors that all domains share. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class FieldError:
    """One wrong field: where it is (RFC 6901 JSON pointer into the body) and how to correct it."""

    pointer: str
    detail: str


class DomainError(Exception):
    """A refusal that a caller can act on.

    `code` is stable and names the problem type; `title` and `remedy`, which says what to do, are the same for every
    occurrence; `detail` says what happened this time; `errors` points at the fields that caused it.
    """

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"
    remedy: ClassVar[str] = "Do what `detail` says."
    retry_after: int | None = None
    """Seconds after which the same request may succeed; None where it stays refused."""

    def __init__(self, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors

    def below(self, pointer: str) -> DomainError:
        """The same, of fields that are below `pointer` in the body that was sent."""
        self.errors = tuple(FieldError(f"{pointer}{error.pointer}", error.detail) for error in self.errors)
        return self


def accepted(outcome: T | DomainError) -> T:
    """What became of one of several, where it was not refused. Raises why it was."""
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


class Invalid(DomainError):
    """The request is understood, but what it says cannot be accepted as it is."""

    code = "invalid"
    title = "The request is not valid"
    remedy = "Correct each field of `errors`; remove fields and parameters that do not exist."

    @classmethod
    def field(cls, pointer: str, detail: str) -> Invalid:
        """An error of this kind about a single field."""
        return cls(detail, (FieldError(pointer, detail),))


class Unreadable(DomainError):
    """What is stored is not as this version, or the one before, would have stored it."""

    code = "unreadable"
    title = "What is stored cannot be read"
    remedy = "Report `detail` to whoever runs the installation; anything else can be read as ever."


class Malformed(DomainError):
    """The body or a header cannot be read at all."""

    code = "malformed"
    title = "The request cannot be read"
    remedy = (
        "Send valid JSON in UTF-8, and the header that `errors` names."
        " `detail` and `errors` give line and column of what is no JSON."
    )


class Unauthenticated(DomainError):
    """The caller is not authenticated."""

    code = "unauthenticated"
    title = "A valid bearer token is needed"
    remedy = "Send `Authorization: Bearer …` with a token that has not expired and is of this installation."
    was_sent = True
    """Whether there was a token; RFC 6750, section 3.1, has an error code for that alone."""

    @classmethod
    def without_token(cls) -> Unauthenticated:
        """No token was sent."""
        error = cls("send the header Authorization: Bearer …")
        error.was_sent = False
        return error


class Forbidden(DomainError):
    """The caller is authenticated, and lacks the permission."""

    code = "forbidden"
    title = "The token does not allow this"
    remedy = "Ask for a token with the scope that `detail` names."


class NotFound(DomainError):
    """The resource does not exist, or the caller may not see it."""

    code = "not-found"
    title = "There is no such resource"
    remedy = "Check path and id. What belongs to another organisation is not found, either."


class Conflict(DomainError):
    """The request conflicts with the present state of the resource."""

    code = "conflict"
    title = "The request conflicts with what is already there"
    remedy = "Read what is there, then decide again."


class StaleVersion(Conflict):
    """It has changed since the caller last read it."""

    code = "stale-version"
    title = "It has changed in the meantime"
    remedy = "Read it again, decide on what it says now, and send the new `version`."

    @classmethod
    def of(cls, what: str, version: int, seen: int) -> StaleVersion:
        """Of what is at `version`, where the caller has seen `seen`."""
        detail = f"{what} is at version {version}, not {seen}: read it again, then decide anew"
        return cls(detail, (FieldError("/version", detail),))


class Unavailable(DomainError):
    """Something that this service depends on is unavailable for now; the same request may be sent again."""

    code = "unavailable"
    title = "The service cannot answer just now"
    remedy = "Send the same request again after `Retry-After` seconds."

    is_reported = False
    """Whether it belongs to an outage, whose beginning and end are in the log: then its failures are not."""

    def __init__(self, detail: str, retry_after: int = 2) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooMany(DomainError):
    """The caller has asked for so much of this that it has to wait; other requests of its are answered meanwhile."""

    code = "too-many"
    title = "Too many requests of this kind"
    remedy = "Send the same request again after `Retry-After` seconds."
    retry_after = 60


class NotMigrated(Unavailable):
    """The database lacks what this version of the code needs."""

    code = "not-migrated"
    title = "The database has not been migrated"
    remedy = "Send the same request again later; an operator has to run `drive migrate`."


class Unknown(NamedTuple):
    """A code of the registry that is not known here, what kind of entry it is of, and the field that names it."""

    pointer: str
    kind: str
    code: str


class NotKnownYet(Conflict):
    """A request that changes something names a code whose registration has not arrived: it may still arrive."""

    code = "not-known-yet"
    title = "A code is not known here yet"
    remedy = (
        "Registered just now? It arrives within moments: send the same request again after `Retry-After` seconds."
        " If that does not help for a minute, check the codes that `errors` names: one that is not registered at the"
        " enrolment service never arrives."
    )
    retry_after = 2

    @classmethod
    def of(cls, unknown: Iterable[Unknown]) -> NotKnownYet:
        """The error that names every one of them: a caller repeats it for a code that is right, and corrects one that
        is wrong."""
        errors = tuple(FieldError(each.pointer, f"no {each.kind} {each.code} is known here yet") for each in unknown)
        remedy = (
            "registered just now? It arrives within moments: send the same request again. If this stays, check the"
            " code, and that it is registered at the enrolment service"
        )
        return cls(f"{'; '.join(error.detail for error in errors)}; {remedy}", errors)
