"""Errors of those who have progress: units, organisations and collectors."""

from __future__ import annotations

from services.errors import NotFound


class NoSuchUnit(NotFound):
    """No such unit has been registered."""

    code = "no-such-unit"
    title = "There is no such unit"
    remedy = "Register it at the enrolment service; it is known here a moment later."


class NoSuchOwner(NotFound):
    """No such unit, organisation or collector has been registered."""

    code = "no-such-owner"
    title = "Nothing is registered under this code"
    remedy = "Register the unit, organisation or collector at the enrolment service; it is known here a moment later."
