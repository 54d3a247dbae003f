"""Bad input gets a problem that names the field and the remedy, and harms nothing beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.security.tokens import Tokens
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import Service, a_participant, a_sign_up, a_voluntary_sign_up, post, post_batch

KEY = {"Idempotency-Key": "key-1"}
JSON = {"Content-Type": "application/json"}

WRONG: list[tuple[dict[str, Any], str]] = [
    (a_sign_up(unit_code="99999"), "/unit_code"),
    (a_sign_up(unit_code="38"), "/unit_code"),
    (a_sign_up(unit_code="15142\x00"), "/unit_code"),
    (a_sign_up(collector_code="XX-1"), "/collector_code"),
    (a_sign_up(collector_code="NL-01"), "/collector_code"),
    (a_sign_up(amount_paid=1), "/amount_paid"),
    (a_sign_up(amount_paid="1263600"), "/amount_paid"),
    (a_sign_up(amount_paid=1263600.5), "/amount_paid"),
    (a_sign_up(amount_paid=-1), "/amount_paid"),
    (a_sign_up(amount_paid=10**30), "/amount_paid"),
    (a_sign_up(months=4), "/months"),
    (a_sign_up(months=True), "/months"),
    (a_sign_up(months=None), "/months"),
    (a_sign_up(signed_on="2025-10-26"), "/signed_on"),
    (a_sign_up(signed_on="25/10/2025"), "/signed_on"),
    (a_sign_up(signed_on="2020-01-01"), "/signed_on"),
    (a_sign_up(scheme="life"), "/scheme"),
    (a_sign_up(support_group="poor"), "/support_group"),
    (a_sign_up(external_ref=""), "/external_ref"),
    (a_sign_up(external_ref="a\nb"), "/external_ref"),
    (a_sign_up(external_ref="x" * 101), "/external_ref"),
    (a_sign_up(household={"code": "H", "member_no": 0}), "/household/member_no"),
    (a_sign_up(household=None), "/household"),
    (a_sign_up(note="hello"), "/note"),
    (a_sign_up(monthly_income=1_500_000), "/monthly_income"),
    (a_sign_up(participant=a_participant(personal_id="12")), "/participant/personal_id"),
    (a_sign_up(participant=a_participant(personal_id=38080000001)), "/participant/personal_id"),
    (a_sign_up(participant=a_participant(social_insurance_code="1")), "/participant/social_insurance_code"),
    (a_sign_up(participant=a_participant(phone="0212345678")), "/participant/phone"),
    (a_sign_up(participant=a_participant(full_name="\x00")), "/participant/full_name"),
    (a_sign_up(participant=a_participant(full_name="A" * 5000)), "/participant/full_name"),
    (a_sign_up(participant=a_participant(sex="x")), "/participant/sex"),
    (a_sign_up(participant=a_participant(born_on="1980-02-30")), "/participant/born_on"),
    (a_sign_up(participant=a_participant(email="a@b.vn")), "/participant/email"),
    (a_voluntary_sign_up(monthly_income=1_525_000), "/monthly_income"),
    (a_voluntary_sign_up(months=24), "/months"),
    (a_voluntary_sign_up(household={"code": "H", "member_no": 1}), "/household"),
    (a_voluntary_sign_up(participant=a_participant(born_on="2015-01-01")), "/participant/born_on"),
]


@pytest.mark.parametrize(("sign_up", "pointer"), WRONG)
async def test_wrong_field_is_named(service: Service, sign_up: dict[str, Any], pointer: str) -> None:
    answer = await post(service.ct, sign_up)
    problem = answer.json()
    assert answer.status_code == 422, problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["type"].startswith("http://test/problems/")
    assert await service.events() == []


async def test_all_wrong_fields_are_named_at_once(service: Service) -> None:
    wrong = a_sign_up(months="12", note=1, participant={"sex": "male"})
    pointers = {error["pointer"] for error in (await post(service.ct, wrong)).json()["errors"]}
    missing = {f"/participant/{name}" for name in ("full_name", "born_on", "personal_id")}
    assert pointers == {"/months", "/note"} | missing


async def test_expected_amount_is_in_the_answer(service: Service) -> None:
    assert "1263600" in (await post(service.ct, a_sign_up(amount_paid=1))).json()["errors"][0]["detail"]


@pytest.mark.parametrize("path", ["/v1/enrolments", "/v1/enrolments/batch"])
@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff\xfe", b'{"external_ref": "\\ud800"}', b"[" * 100_000])
async def test_body_that_is_no_json_is_malformed(service: Service, path: str, body: bytes) -> None:
    answer = await service.ct.post(path, content=body, headers=KEY | JSON)
    assert (answer.status_code, answer.json()["type"]) == (400, "http://test/problems/malformed")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"1", b"{}"])
async def test_json_that_is_no_sign_up_is_refused(service: Service, body: bytes) -> None:
    answer = await service.ct.post("/v1/enrolments", content=body, headers=KEY | JSON)
    assert answer.status_code == 422


@pytest.mark.parametrize("key", ["", "two words", "Ł".encode().decode("latin-1"), "k" * 256])
async def test_unusable_idempotency_key_is_named(service: Service, key: str) -> None:
    answer = await service.ct.post(
        "/v1/enrolments", json=a_sign_up(), headers={b"Idempotency-Key": key.encode("latin-1")}
    )
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


async def test_missing_idempotency_key_is_named(service: Service) -> None:
    answer = await service.ct.post("/v1/enrolments", json=a_sign_up())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/header/Idempotency-Key")


@pytest.mark.parametrize("path", ["/v1/enrolments", "/v1/enrolments/batch"])
async def test_ten_megabytes_are_too_much(service: Service, path: str) -> None:
    answer = await service.ct.post(path, content=b" " * 10_000_000, headers=KEY | JSON)
    assert (answer.status_code, answer.json()["type"]) == (413, "http://test/problems/too-large")


@pytest.mark.parametrize("count", [0, 1001])
async def test_batch_of_a_wrong_size_is_refused_as_a_whole(service: Service, count: int) -> None:
    answer = await service.ct.post("/v1/enrolments/batch", json={"items": [a_sign_up(n) for n in range(count)]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/items")
    assert "split it" in answer.text or count == 0
    assert await service.rows("SELECT id FROM enrolments") == []


@pytest.mark.parametrize("body", ["text", [], {}, {"items": None}, {"items": {}}, {"items": [a_sign_up()], "more": 1}])
async def test_batch_of_a_wrong_shape_is_refused_as_a_whole(service: Service, body: Any) -> None:
    answer = await service.ct.post("/v1/enrolments/batch", json=body, headers=JSON)
    assert answer.status_code == 422, answer.text


async def test_batch_of_a_thousand_is_taken(service: Service) -> None:
    items = await post_batch(service.ct, *(a_sign_up(n) for n in range(1000)))
    assert [item["index"] for item in items] == list(range(1000))
    assert {item["status"] for item in items} == {201}
    assert len(await service.rows("SELECT id FROM enrolments")) == len(await service.events()) == 1000


async def test_bad_items_do_not_harm_good_ones(service: Service) -> None:
    bad: list[Any] = [5, None, [], "text", {}, {"external_ref": 7}, *(sign_up for sign_up, _ in WRONG)]
    mixed = [entry for n, item in enumerate(bad) for entry in (item, a_sign_up(1000 + n))]
    items = await post_batch(service.ct, *mixed)
    assert [item["index"] for item in items] == list(range(len(mixed)))
    assert {item["status"] for item in items[1::2]} == {201}
    assert {item["status"] for item in items[::2]} == {422}
    assert all(item["problem"]["status"] == 422 and "id" not in item for item in items[::2])
    assert len(await service.rows("SELECT id FROM enrolments")) == len(await service.events()) == len(bad)


async def test_identical_items_of_a_batch_are_one_sign_up(service: Service) -> None:
    first, second = await post_batch(service.ct, a_sign_up(), a_sign_up())
    assert (first["id"], first.get("replayed")) == (second["id"], None)
    assert (second["status"], second["replayed"]) == (201, True)


async def test_same_reference_or_person_twice_in_a_batch_is_refused_once(service: Service) -> None:
    items = await post_batch(
        service.ct, a_sign_up(1), a_sign_up(2, external_ref="CT-0001"), a_sign_up(1, external_ref="CT-0003")
    )
    assert [item["status"] for item in items] == [201, 409, 409]
    types = [item["problem"]["type"].rsplit("/", 1)[-1] for item in items[1:]]
    assert types == ["external-ref-taken", "already-covered"]


async def test_months_in_a_row_of_one_person_follow_each_other(service: Service) -> None:
    months = [a_voluntary_sign_up(external_ref=f"M{n}") for n in range(3)]
    assert [item["status"] for item in await post_batch(service.ct, *months)] == [201, 201, 201]
    rows = await service.rows(
        "SELECT external_ref, kind, covered_from::text AS on FROM enrolments ORDER BY covered_from"
    )
    assert [(row["kind"], row["on"]) for row in rows] == [
        ("new", "2025-10-01"),
        ("renewal", "2025-11-01"),
        ("renewal", "2025-12-01"),
    ]


async def test_batch_sent_again_is_a_replay_item_by_item(service: Service) -> None:
    batch = [a_sign_up(1), a_voluntary_sign_up(2), a_voluntary_sign_up(2, external_ref="next")]
    first, again = await post_batch(service.ct, *batch), await post_batch(service.ct, *batch)
    assert [item["id"] for item in again] == [item["id"] for item in first]
    assert all(item["replayed"] for item in again)
    assert len(await service.events()) == 3


@pytest.mark.parametrize("token", [None, "nonsense", "a.b.c"])
async def test_without_a_valid_token_every_request_is_refused(
    service: Service, client_for: ClientFor, token: str | None
) -> None:
    stranger = await client_for(service.app, token)
    for answer in (
        await post(stranger, a_sign_up()),
        await stranger.get("/v1/enrolments"),
        await stranger.get("/v1/units"),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_token_of_another_issuer_is_refused(service: Service, client_for: ClientFor) -> None:
    forged = Tokens([b"x" * 32]).issue("CT", frozenset({"admin"}), service.runtime.clock.now(), timedelta(hours=1))
    assert (await post(await client_for(service.app, forged), a_sign_up())).status_code == 401


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("enrolments:read", "POST", "/v1/enrolments"),
        ("enrolments:read", "POST", "/v1/enrolments/batch"),
        ("enrolments:write", "GET", "/v1/enrolments"),
        ("enrolments:write", "GET", "/v1/enrolments/01a20301-f93a-714f-8cdd-6d22c528c666"),
        ("enrolments:write enrolments:read", "PUT", "/v1/units/1"),
        ("enrolments:write enrolments:read", "PUT", "/v1/organisations/CT"),
        ("enrolments:write enrolments:read", "PUT", "/v1/collectors/CT-07"),
        ("enrolments:write enrolments:read", "POST", "/v1/units/import"),
    ],
)
async def test_token_without_the_scope_is_refused(
    service: Service, token_for: TokenFor, client_for: ClientFor, scope: str, method: str, path: str
) -> None:
    client = await client_for(service.app, token_for(service.runtime, org="CT", scope=scope))
    body = (
        {"province_code": "38", "name": "x", "level": "commune", "organisation_code": "CT"} if method == "PUT" else None
    )
    answer = await client.request(method, path, json=body or {"province_code": "38"}, headers=KEY)
    assert (answer.status_code, answer.json()["type"]) == (403, "http://test/problems/forbidden")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "after=x", "signed_from=x", "unit_code=%00", "external_ref=%00", "nonsense=1"]
)
async def test_wrong_filter_is_named(service: Service, query: str) -> None:
    answer = await service.ct.get(f"/v1/enrolments?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/query/{query.partition('=')[0]}")


async def test_id_that_is_none_is_refused(service: Service) -> None:
    assert (await service.ct.get("/v1/enrolments/nonsense")).status_code == 422
