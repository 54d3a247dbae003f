"""Those who have targets and progress: units, organisations and collectors, known by the events of the registry."""

from __future__ import annotations

from services.errors import NotFound


class NoSuchOwner(NotFound):
    """No such unit, organisation or collector has been registered."""

    code = "no-such-owner"
    title = "Nothing is registered under this code"
    remedy = "Check the code. What was registered just now at the enrolment service is known here within moments."
