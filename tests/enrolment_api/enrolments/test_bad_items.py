"""An item of a batch that is no JSON, or says a thing twice, harms only itself while its end can be told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.enrolment_api.conftest import Service, a_participant, a_sign_up

JSON = {"Content-Type": "application/json"}
MALFORMED = "http://test/problems/malformed"
INVALID = "http://test/problems/invalid"


def text_of(sign_up: dict[str, Any]) -> bytes:
    """As it is sent."""
    return json.dumps(sign_up, ensure_ascii=False).encode()


def with_value(field: str, value: bytes) -> bytes:
    """A sign-up with this in place of the value of a field."""
    return text_of(a_sign_up(2, **{field: "HERE"})).replace(b'"HERE"', value)


async def post(service: Service, *items: bytes) -> list[dict[str, Any]]:
    """The results of a batch of these items."""
    body = b'{"items": [' + b", ".join(items) + b"]}"
    answer = await service.ct.post("/v1/enrolments/batch", content=body, headers=JSON)
    assert answer.status_code == 207, answer.text
    results: list[dict[str, Any]] = answer.json()["items"]
    return results


@pytest.mark.parametrize(
    ("item", "kind", "pointer"),
    [
        (with_value("receipt_no", b'"\\ud800"'), MALFORMED, ""),
        (with_value("external_ref", b'"\\ud800 x"'), MALFORMED, ""),
        (with_value("receipt_no", b'"\xff\xfe"'), MALFORMED, ""),
        (with_value("receipt_no", b'"a\nb"'), MALFORMED, ""),
        (with_value("amount_paid", b"NaN"), MALFORMED, ""),
        (with_value("amount_paid", b"-Infinity"), MALFORMED, ""),
        (with_value("amount_paid", b"7" * 5000), MALFORMED, ""),
        (with_value("amount_paid", b"[" * 300 + b"]" * 300), MALFORMED, ""),
        (with_value("receipt_no", b'"a", "receipt_no": "b"'), INVALID, "/receipt_no"),
        (with_value("receipt_no", b'"a:b", "receipt_no" : "a:b"'), INVALID, "/receipt_no"),
        (text_of(a_sign_up(2)).replace(b'"sex":', b'"sex": "female", "sex":'), INVALID, "/participant/sex"),
    ],
)
async def test_an_item_that_cannot_be_read_harms_only_itself(
    service: Service, item: bytes, kind: str, pointer: str
) -> None:
    first, bad, last = await post(service, text_of(a_sign_up(1)), item, text_of(a_sign_up(3)))
    assert (first["status"], last["status"]) == (201, 201)
    assert (bad["problem"]["type"], [error["pointer"] for error in bad["problem"]["errors"]]) == (kind, [pointer])
    assert len(await service.events()) == 2


async def test_a_malformed_item_is_answered_with_line_and_column_within_it(service: Service) -> None:
    _, bad = await post(service, text_of(a_sign_up(1)), b'{"scheme":\n NaN}')
    assert "line 2, column 2" in bad["problem"]["errors"][0]["detail"]


@pytest.mark.parametrize("text", ["a:b", 'quote":colon', "back\\\\slash", '"a":"a"'])
async def test_texts_that_look_like_names_are_taken(service: Service, text: str) -> None:
    sign_ups = [a_sign_up(n, receipt_no=text, participant=a_participant(n)) for n in (1, 2)]
    assert [item["status"] for item in await post(service, *map(text_of, sign_ups))] == [201, 201]
    answer = await service.ct.post(
        "/v1/enrolments", json=a_sign_up(3, receipt_no=text), headers={"Idempotency-Key": "k"}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("end", [b"", b"{", b'{"a" 1}]}', b'{"a": 1]}', b'{"a": "\\x"}]}', b"{} {}]}", b"[" * 50_000])
async def test_an_item_whose_end_cannot_be_told_is_named(service: Service, end: bytes) -> None:
    body = b'{"items": [\n' + text_of(a_sign_up(1)) + b",\n" + end
    answer = await service.ct.post("/v1/enrolments/batch", content=body, headers=JSON)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (400, MALFORMED)
    assert [error["pointer"] for error in problem["errors"]] == ["/items/1"]
    assert problem["detail"].startswith("/items/1: not valid JSON: line 3, column ")


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b'{"items": [{}], "items": [{}]}', 422, "/items"),
        (b'{"items": [{}], "items": 1}', 422, "/items"),
        (b'{"items": [{"receipt_no": NaN}], "more": 1}', 400, ""),
        (b'{"items": [{}]} {}', 400, ""),
        (b'{"items": [1,]}', 400, "/items/1"),
    ],
)
async def test_a_wrong_frame_is_refused_as_a_whole(service: Service, body: bytes, status: int, pointer: str) -> None:
    answer = await service.ct.post("/v1/enrolments/batch", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)


async def test_items_are_found_under_a_name_that_is_written_with_escapes(service: Service) -> None:
    body = b'{"\\u0069tems": [' + text_of(a_sign_up(1)) + b', {"scheme": "life"}]}'
    answer = await service.ct.post("/v1/enrolments/batch", content=body, headers=JSON)
    assert [item["status"] for item in answer.json()["items"]] == [201, 422]
