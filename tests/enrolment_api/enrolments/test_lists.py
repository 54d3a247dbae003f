"""Lists of sign-ups, and what their references, units and channels may be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.enrolment_api.conftest import Service, a_sign_up, a_voluntary_sign_up, post, post_batch


async def refs(service: Service, **query: Any) -> list[str]:
    """The references of the sign-ups that are listed."""
    answer = await service.ct.get("/v1/enrolments", params=query)
    assert answer.status_code == 200, answer.text
    return [item["external_ref"] for item in answer.json()["items"]]


async def test_a_unit_includes_those_below_it_unless_it_is_exact(service: Service) -> None:
    await post_batch(service.ct, a_sign_up(1), a_voluntary_sign_up(2, unit_code="15142-01"))
    assert await refs(service, unit_code="15142") == ["CT-0001", "CT-0002"]
    assert await refs(service, unit_code="38") == ["CT-0001", "CT-0002"]
    assert await refs(service, unit_code="15142-01") == ["CT-0002"]
    assert await refs(service, unit_code="15142", exact="true") == ["CT-0001"]
    assert await refs(service, unit_code="38", exact="true") == []


async def test_a_reference_is_the_same_however_its_accents_are_encoded(service: Service) -> None:
    composed, decomposed = "Thôn-ế-1", "Tho\u0302n-e\u0302\u0301-1"
    first = await post(service.ct, a_sign_up(1, external_ref=decomposed))
    again = await post(service.ct, a_sign_up(1, external_ref=composed), key="key-2")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert first.json()["external_ref"] == composed
    assert await refs(service, external_ref=decomposed) == [composed]


async def test_an_unknown_channel_is_refused_with_the_list(service: Service) -> None:
    answer = await post(service.ct, a_sign_up(1, channel="lauch_day"))
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/channel")
    for channel in ("conference", "group_talk", "home_visit", "launch_day", "social_media", "web_portal"):
        assert channel in error["detail"]


@pytest.mark.parametrize(
    ("sign_up", "words"),
    [
        (
            a_sign_up(1, amount_paid=1),
            "1263600 VND are payable for this sign-up, not 1: 105300 a month"
            " (member 1: 100 % of 4.5 % of the base salary, 2340000), for 12 months",
        ),
        (
            a_voluntary_sign_up(1, amount_paid=330000),
            "264000 VND are payable for this sign-up, not 330000: 330000 a month (22 % of the income, 1500000)"
            " less 66000 of state support, for 1 month",
        ),
    ],
)
async def test_a_wrong_amount_is_told_how_the_sum_comes_about(
    service: Service, sign_up: dict[str, Any], words: str
) -> None:
    answer = await post(service.ct, sign_up)
    assert (answer.status_code, answer.json()["detail"]) == (422, words)


async def test_a_late_sign_up_before_a_later_cover_is_recorded(service: Service) -> None:
    later = await post(service.ct, a_sign_up(1, signed_on="2025-10-20", months=3, amount_paid=315900), key="later")
    assert later.json()["covered_from"] == "2025-11-19"
    late = a_sign_up(1, external_ref="late", signed_on="2025-07-02", months=3, amount_paid=315900)
    answer = await post(service.ct, late, key="late")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["kind"], answer.json()["covered_to"]) == ("new", "2025-10-31")
