"""The keys that an app was made with, for its routes."""

from __future__ import annotations

from fastapi import Request

from enrolment_api.people.keys import PeopleKeys


def the_people_keys(request: Request) -> PeopleKeys:
    """The keys of personal data, of the app."""
    keys: PeopleKeys = request.app.state.people_keys
    return keys
