"""Many errors: of each item as many are named as are read, and of all items together."""

from __future__ import annotations

import json
from typing import Any

from enrolment_api.enrolments.schemas import MOST_BATCH_VALUES, MOST_ITEMS
from services.web.batches import MOST_BATCH_ERRORS
from services.web.body_values import has_more_values
from tests.enrolment_api.conftest import Service, a_sign_up

JSON = {"Content-Type": "application/json"}


def unknown(number: int) -> dict[str, Any]:
    """A sign-up with so many fields that do not exist."""
    return a_sign_up(1) | {f"k{n}": n for n in range(number)}


async def post(service: Service, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """The outcomes of a batch."""
    answer = await service.ct.post("/v1/enrolments/batch", json={"items": items})
    assert answer.status_code == 207
    outcomes: list[dict[str, Any]] = answer.json()["items"]
    return outcomes


def said(outcome: dict[str, Any]) -> list[str]:
    """What is said of each wrong field."""
    return [error["detail"] for error in outcome["problem"]["errors"]]


async def test_twenty_fields_of_a_sign_up_are_named_and_the_others_are_counted(service: Service) -> None:
    answer = await service.ct.post("/v1/enrolments", json=unknown(900), headers={"Idempotency-Key": "k"})
    problem = answer.json()
    assert answer.status_code == 422
    assert (len(problem["errors"]), problem["errors"][-1]) == (21, {"pointer": "", "detail": "and 880 more"})
    assert problem["detail"].endswith("; and 895 more")


async def test_an_item_with_too_many_values_harms_no_other(service: Service) -> None:
    good, bad = await post(service, a_sign_up(1), unknown(2000))
    assert good["status"] == 201
    assert (bad["status"], bad["external_ref"]) == (422, a_sign_up(1)["external_ref"])
    assert "more than 1,000 values" in bad["problem"]["detail"]


async def test_items_have_twenty_errors_each_and_one_each_once_there_are_a_thousand(service: Service) -> None:
    outcomes = await post(service, *[unknown(100)] * 60)
    each = [said(outcome) for outcome in outcomes]
    whole = MOST_BATCH_ERRORS // 21 + 1
    assert [(len(errors), errors[-1]) for errors in each[:whole]] == [(21, "and 80 more")] * (whole - 1) + [
        (14, "and 87 more")
    ]
    assert [(len(errors), errors[-1]) for errors in each[whole:]] == [(2, "and 99 more")] * (60 - whole)
    assert all(len(outcome["problem"]["detail"]) <= 200 for outcome in outcomes[whole:])


async def test_a_batch_with_too_many_values_is_refused_as_a_whole(service: Service) -> None:
    answer = await service.ct.post("/v1/enrolments/batch", json={"items": [unknown(100)] * MOST_ITEMS})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == ""
    assert "more than 25,000 values" in answer.json()["detail"]


def test_a_full_batch_of_sign_ups_with_every_field_is_within_the_values_that_are_read() -> None:
    raw = json.dumps({"items": [a_sign_up(n) for n in range(MOST_ITEMS)]}).encode()
    assert not has_more_values(raw, MOST_BATCH_VALUES)
