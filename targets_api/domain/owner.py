"""Those who have targets and progress: units, organisations and collectors, known by the events of the registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from services.errors import FieldError, NotFound, Unavailable
from services.vocabulary import RegistryKind


class NoSuchOwner(NotFound):
    """No such unit, organisation or collector has been registered."""

    code = "no-such-owner"
    title = "Nothing is registered under this code"
    remedy = "Check the code. What was registered just now at the enrolment service is known here within moments."


class NotKnownYet(Unavailable):
    """A request that changes something names a code whose registration has not arrived: it may still arrive."""

    code = "not-known-yet"
    title = "A code is not known here yet"
    remedy = (
        "Registered just now? It arrives within moments: send the same request again after `Retry-After` seconds. If "
        "that does not help for a minute, check the codes that `errors` names: one that is not registered at the "
        "enrolment service never arrives."
    )


class Unknown(NamedTuple):
    """A code that is not known here, and the field that names it."""

    pointer: str
    kind: RegistryKind
    code: str


def not_known_yet(unknown: Iterable[Unknown]) -> NotKnownYet:
    """The error that names every one of them: a caller repeats it for a code that is right, and corrects one that is
    wrong."""
    errors = tuple(FieldError(each.pointer, f"no {each.kind} {each.code} is known here yet") for each in unknown)
    remedy = (
        "registered just now? It arrives within moments: send the same request again. If this stays, check the code,"
        " and that it is registered at the enrolment service"
    )
    return NotKnownYet(f"{'; '.join(error.detail for error in errors)}; {remedy}", errors=errors)
