"""Which of several forms of an answer a client gets."""

from __future__ import annotations

import pytest
from fastapi import Request

from services.web.accept import accepted
from services.web.problems import NotAcceptable

OFFERS = ("application/json", "text/csv", "application/vnd.x")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


def a_request(*accept: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept", each.encode()) for each in accept]})


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ((), "application/json"),
        (("",), "application/json"),
        (("*/*",), "application/json"),
        ((BROWSER,), "application/json"),
        (("text/csv",), "text/csv"),
        (("Text/CSV; header=present",), "text/csv"),
        (("text/*",), "text/csv"),
        (("application/vnd.x, text/csv",), "text/csv"),
        (("text/csv;q=0.5, application/vnd.x",), "application/vnd.x"),
        (("text/csv;q=0.5", "application/vnd.x"), "application/vnd.x"),
        (("application/json;q=0.1, */*;q=0.5",), "text/csv"),
        (("application/json;q=0, */*",), "text/csv"),
        (("application/problem+json, application/json",), "application/json"),
        (("text/csv;q=high",), "text/csv"),
    ],
)
def test_the_form_that_is_wanted_most_is_chosen(accept: tuple[str, ...], form: str) -> None:
    assert accepted(a_request(*accept), OFFERS) == form


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "text/html, image/*;q=0.1", "*/*;q=0"])
def test_a_form_that_is_not_there_is_refused_with_those_that_are(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="Accept: there are application/json, text/csv, ") as error:
        accepted(a_request(accept), OFFERS)
    assert error.value.errors[0].pointer == "/header/Accept"
