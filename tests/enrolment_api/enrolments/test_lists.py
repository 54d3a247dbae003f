"""Lists of sign-ups, and what their references, units and channels may be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.enrolment_api.conftest import Service, a_participant, a_sign_up, a_voluntary_sign_up, post, post_batch


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


async def test_a_unit_includes_the_one_that_it_took_the_place_of(service: Service) -> None:
    await post_batch(service.ct, a_sign_up(1, signed_on="2025-10-01"))
    await service.ops.put("/v1/units/15143", json={"name": "Xã Mới", "level": "commune", "parent_code": "38"})
    ended = await service.ops.post("/v1/units/15142/succession", json={"on": "2025-10-20", "successors": ["15143"]})
    assert ended.status_code == 201, ended.text
    assert await refs(service, unit_code="15143") == ["CT-0001"]
    assert await refs(service, unit_code="15142") == ["CT-0001"]
    assert await refs(service, unit_code="15143", exact="true") == []


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
            " (member 1: 100 % of 4.5 % of the base salary, 2340000) for 12 months",
        ),
        (
            a_voluntary_sign_up(1, amount_paid=330000),
            "264000 VND are payable for this sign-up, not 330000: 330000 a month (22 % of the income, 1500000)"
            " for 1 month, less 66000 a month (state support of none: 20 % of 22 % of the rural poverty line, 1500000)"
            " for 1 month",
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


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
async def test_a_date_that_nobody_can_mean_harms_only_its_item(service: Service, day: str) -> None:
    for field, bad in (
        ("/signed_on", a_sign_up(2, signed_on=day)),
        ("/participant/born_on", a_sign_up(2, participant=a_participant(2, born_on=day))),
    ):
        answers = await post_batch(service.ct, a_sign_up(1), bad, a_sign_up(3))
        assert [answer["status"] for answer in answers] == [201, 422, 201]
        assert [error["pointer"] for error in answers[1]["problem"]["errors"]] == [field]
    answer = await service.ct.get("/v1/enrolments", params={"signed_from": day})
    assert answer.status_code == 422


async def test_sign_ups_of_a_person_in_one_batch_are_decided_in_the_order_of_their_days(service: Service) -> None:
    def month(number: int, signed_on: str) -> dict[str, Any]:
        return a_voluntary_sign_up(1, external_ref=f"M-{number}", signed_on=signed_on)

    await post_batch(service.ct, month(1, "2025-10-15"), month(2, "2025-08-15"), month(3, "2025-09-15"))
    rows = await service.rows("SELECT signed_on::text, kind FROM enrolments ORDER BY signed_on")
    assert [(row["signed_on"], row["kind"]) for row in rows] == [
        ("2025-08-15", "new"),
        ("2025-09-15", "renewal"),
        ("2025-10-15", "renewal"),
    ]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"exact": "true"}, "/query/exact"),
        ({"signed_from": "2025-10-31", "signed_to": "2025-10-01"}, "/query/signed_from"),
    ],
)
async def test_filters_that_contradict_each_other_are_refused(
    service: Service, query: dict[str, str], pointer: str
) -> None:
    answer = await service.ct.get("/v1/enrolments", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_key_that_is_sent_twice_is_refused(service: Service) -> None:
    headers = [("Idempotency-Key", "key-1"), ("Idempotency-Key", "key-2")]
    answer = await service.ct.post("/v1/enrolments", json=a_sign_up(1), headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/header/Idempotency-Key")
    token = service.ct.headers["authorization"]
    twice = [("Authorization", token), ("Authorization", token)]
    assert (await service.ct.get("/v1/enrolments", headers=twice)).status_code == 401


async def test_no_cache_keeps_what_is_about_people(service: Service) -> None:
    recorded = await post(service.ct, a_sign_up())
    one = await service.ct.get(f"/v1/enrolments/{recorded.json()['id']}")
    several = await service.ct.get("/v1/enrolments")
    assert [answer.headers["cache-control"] for answer in (recorded, one, several)] == ["no-store"] * 3
    again = await service.ct.get("/v1/enrolments", headers={"If-None-Match": several.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-store")
