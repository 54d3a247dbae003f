"""What an answer tells of a person whose personal ID somebody has: nothing, unless they know who that is."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.architecture.test_list_parameters import recorded
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import (
    WRITE,
    Service,
    a_participant,
    a_sign_up,
    a_voluntary_sign_up,
    post,
    post_batch,
)

WRONG: list[dict[str, Any]] = [
    {"full_name": "Trần Thị Bình"},
    {"born_on": "1981-02-03"},
    {"sex": "female"},
    {"full_name": "Trần Thị Bình", "born_on": "1999-12-31", "sex": "female"},
]


def of_nl(number: int = 1, ref: str = "NL-0001", **person: Any) -> dict[str, Any]:
    """A sign-up by the other post office of the same personal ID."""
    return a_sign_up(
        number, external_ref=ref, collector_code="NL-01", participant=a_participant(number, **person), receipt_no=None
    )


def reference_of(problem: dict[str, Any]) -> str:
    """The case that a refusal names."""
    assert problem["type"].endswith("/identity-mismatch"), problem
    reference: str = problem["detail"].rpartition(" ")[2]
    return reference


async def cases(service: Service) -> list[dict[str, Any]]:
    """What is stored of cases, oldest first."""
    return await service.rows("SELECT * FROM identity_cases ORDER BY id")


@pytest.mark.parametrize("wrong", WRONG, ids=" and ".join)
async def test_a_personal_id_alone_tells_nothing_of_the_person(service: Service, wrong: dict[str, Any]) -> None:
    """Neither whether they are insured now, nor until when, nor what of the claim is wrong."""
    insured, formerly = a_sign_up(1), a_sign_up(2, signed_on="2025-07-02", months=3, amount_paid=315_900)
    await post_batch(service.ct, insured, formerly, a_voluntary_sign_up(3))
    refused = []
    service.runtime.clock.pin(date(2026, 3, 1))
    for number in (1, 2, 3):
        sign_up = of_nl(number, f"NL-{number}", **wrong) | {"signed_on": "2026-03-01"}
        answer = await post(service.nl, sign_up, key=f"nl-{number}")
        assert answer.status_code == 409
        said = answer.json()
        refused.append(answer.text.replace(reference_of(said), "REFERENCE"))
        assert "2026" not in answer.text.replace(reference_of(said), "")
        assert [field for field in ("name", "birth", "sex") if field in said["detail"]] == []
    assert len(set(refused)) == 1
    assert [case["status"] for case in await cases(service)] == ["open"] * 3


async def test_what_is_wrong_in_any_case_is_told_first_whoever_the_person_is(service: Service) -> None:
    """Else a sign-up that is never recorded would tell whether the personal ID is known."""
    await post(service.ct, a_sign_up(1))
    for number in (1, 9):
        answer = await post(
            service.nl, of_nl(number, full_name="Trần Thị Bình") | {"amount_paid": 1}, key=f"k-{number}"
        )
        assert answer.json()["type"].endswith("/wrong-amount")
    assert await cases(service) == []


async def test_who_knows_the_person_is_told_from_when_they_can_renew(service: Service) -> None:
    await post(service.ct, a_sign_up(1))
    answer = await post(service.nl, of_nl(full_name="NGUYEN VAN AN", phone=None))
    assert answer.json()["type"].endswith("/already-covered")
    assert "2026-" in answer.json()["detail"]
    assert await cases(service) == []


async def test_an_organisation_is_told_of_the_cover_that_it_has_sent_itself(service: Service) -> None:
    await post(service.ct, a_sign_up(1))
    again = a_sign_up(1, external_ref="CT-2", participant=a_participant(1, full_name="Nguyễn Văn Anh"))
    answer = await post(service.ct, again, key="key-2")
    assert answer.json()["type"].endswith("/already-covered")
    assert await cases(service) == []


async def test_a_repeat_is_answered_as_before_whatever_is_known_by_then(service: Service) -> None:
    sign_up = a_sign_up(1)
    await post(service.ct, sign_up)
    answer = await post(service.ct, sign_up, key="another")
    assert (answer.status_code, answer.headers["idempotent-replayed"]) == (201, "true")


async def test_the_same_claim_has_one_case_and_one_reference(service: Service) -> None:
    await post(service.ct, a_sign_up(1))
    claim: dict[str, Any] = {"full_name": "Trần Thị Bình"}
    first = await post(service.nl, of_nl(**claim))
    again = await post(service.nl, of_nl(**claim))
    otherwise = await post(service.nl, of_nl(ref="NL-2", full_name="TRAN THI BINH", phone=None), key="key-2")
    voluntary = a_voluntary_sign_up(
        1, external_ref="NL-3", collector_code="NL-01", participant=a_participant(1, **claim)
    )
    in_batch = await post_batch(service.nl, of_nl(**claim), voluntary, of_nl(ref="NL-4", **claim))
    references = {reference_of(a.json()) for a in (first, again, otherwise)}
    references |= {reference_of(item["problem"]) for item in in_batch}
    [case] = await cases(service)
    assert references == {str(case["id"])}
    other = await post(service.nl, of_nl(full_name="Trần Thị Bảy"))
    assert reference_of(other.json()) not in references


async def test_claims_that_come_together_have_one_case(service: Service) -> None:
    await post(service.ct, a_sign_up(1))
    sign_ups = [of_nl(ref=f"NL-{n}", full_name="Trần Thị Bình") for n in range(8)]
    batches = [post_batch(service.nl, each) for each in sign_ups]
    answers = await asyncio.gather(*batches)
    assert len({reference_of(item["problem"]) for [item] in answers}) == len(await cases(service)) == 1


def of_two_names(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sign-ups of one personal ID by two organisations under two names, by two schemes: no cover is in the way."""
    one = a_sign_up(number)
    another = a_participant(number, full_name="Trần Thị Bình")
    return one, a_voluntary_sign_up(number, external_ref=f"NL-{number}", collector_code="NL-01", participant=another)


async def test_two_who_sign_up_a_person_at_once_under_two_names_do_not_both_succeed(service: Service) -> None:
    for number in range(1, 5):
        one, other = of_two_names(number)
        answers = await asyncio.gather(post_batch(service.ct, one), post_batch(service.nl, other))
        assert sorted(item["status"] for [item] in answers) == [201, 409]


async def test_nor_do_two_whose_sign_ups_are_recorded_together(service: Service) -> None:
    for number in range(1, 5):
        one, other = of_two_names(number)
        answers = await asyncio.gather(post(service.ct, one, f"key-{number}"), post(service.nl, other, f"key-{number}"))
        assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_nor_does_one_list_with_both_names(service: Service) -> None:
    one, other = of_two_names(1)
    items = await post_batch(service.ct, one, other | {"collector_code": "CT-07"})
    assert [item["status"] for item in items] == [201, 409]
    assert reference_of(items[1]["problem"]) == str((await cases(service))[0]["id"])


async def test_a_case_holds_no_personal_data_in_clear(service: Service) -> None:
    await post(service.ct, a_sign_up(1))
    await post(service.nl, of_nl(full_name="Trần Thị Bình"))
    row = str(await cases(service)) + str(await service.rows("SELECT * FROM audit_entries"))
    for value in ("Trần", "038080000001", "1980", "0912345678"):
        assert value not in row


async def test_mismatches_are_limited_and_other_sign_ups_are_not(
    service: Service, client_for: ClientFor, token_for: TokenFor
) -> None:
    await post_batch(service.ct, *[a_sign_up(n) for n in range(1, 24)])
    claims = [of_nl(n, f"NL-{n}", full_name="Trần Thị Bình") for n in range(1, 24)]
    items = await post_batch(service.nl, *claims, of_nl(50, "NL-50"))
    assert [item["status"] for item in items] == [409] * 20 + [429] * 3 + [201]
    assert items[20]["problem"]["type"].endswith("/too-many-mismatches")
    alone = await post(service.nl, claims[22])
    assert (alone.status_code, alone.headers["retry-after"]) == (429, "3600")
    known = await post(service.nl, claims[0])
    assert known.status_code == 409
    others = await client_for(service.app, token_for(service.runtime, org="OPS", scope=WRITE))
    assert (await others.get("/v1/enrolments")).status_code == 200
    async with service.runtime.database.write() as work:
        await work.execute(text("UPDATE identity_cases SET opened_at = opened_at - interval '1 hour'"))
    assert (await post(service.nl, claims[22])).status_code == 409
    metrics = (await service.ct.get("/metrics")).text
    for outcome, number in (("opened", 21), ("repeated", 1), ("limited", 4)):
        assert f'drive_identity_mismatches_total{{outcome="{outcome}"}} {number}.0' in metrics


async def test_mismatches_are_in_the_audit_trail(service: Service, client_for: ClientFor, token_for: TokenFor) -> None:
    await post(service.ct, a_sign_up(1))
    refused = await post(service.nl, of_nl(full_name="Trần Thị Bình"))
    await post_batch(service.nl, of_nl(full_name="Trần Thị Bình"), of_nl(7, "NL-7"))
    agency = await client_for(service.app, token_for(service.runtime, org="BHXH", scope="enrolments:review"))
    entries = (await agency.get("/v1/audit", params={"action": "mismatch"})).json()["items"]
    assert [(e["organisation_code"], e["ids"], e["route"]) for e in entries] == [
        ("NL", [reference_of(refused.json())], "POST /v1/enrolments"),
        ("NL", [reference_of(refused.json())], "POST /v1/enrolments/batch"),
    ]


def a_correction(version: int = 1, **person: Any) -> dict[str, Any]:
    """Of the person."""
    return {"version": version, "reason": "as on the card", "changes": {"participant": person}}


async def corrected(client: httpx.AsyncClient, enrolment_id: str, body: dict[str, Any]) -> httpx.Response:
    return await client.post(f"/v1/enrolments/{enrolment_id}/correction", json=body)


async def test_who_alone_has_signed_a_person_up_may_correct_who_they_are(service: Service) -> None:
    enrolment_id = (await post(service.ct, a_sign_up(1))).json()["id"]
    answer = await corrected(service.ct, enrolment_id, a_correction(full_name="Nguyễn Văn Anh"))
    assert answer.status_code == 200, answer.text
    of_others = await post(service.nl, of_nl(full_name="Nguyễn Văn Anh"))
    assert of_others.json()["type"].endswith("/already-covered")
    assert reference_of((await post(service.nl, of_nl(full_name="Nguyễn Văn An"))).json())


async def test_a_correction_cannot_rename_a_person_whom_others_have_signed_up(service: Service) -> None:
    enrolment_id = (await post(service.ct, a_sign_up(1))).json()["id"]
    voluntary = a_voluntary_sign_up(1, external_ref="NL-1", collector_code="NL-01")
    assert (await post(service.nl, voluntary)).status_code == 201
    answer = await corrected(service.ct, enrolment_id, a_correction(full_name="Nguyễn Văn Anh"))
    assert answer.status_code == 409
    reference = reference_of(answer.json())
    [case] = await cases(service)
    assert (str(case["id"]), case["organisation_code"]) == (reference, "CT")
    unchanged = (await service.ct.get(f"/v1/enrolments/{enrolment_id}")).json()
    assert unchanged["version"] == 1
    moved = await corrected(
        service.ct, enrolment_id, {"version": 1, "reason": "r", "changes": {"unit_code": "15142-01"}}
    )
    assert moved.status_code == 200


async def test_a_correction_to_the_personal_id_of_somebody_else_is_a_case(service: Service) -> None:
    await post(service.ct, a_sign_up(1))
    own = a_sign_up(2, external_ref="NL-2", collector_code="NL-01")
    own["participant"] = a_participant(2, full_name="Trần Văn Bình")
    enrolment_id = (await post(service.nl, own)).json()["id"]
    answer = await corrected(service.nl, enrolment_id, a_correction(personal_id="038080000001"))
    assert reference_of(answer.json()) == str((await cases(service))[0]["id"])


async def test_the_database_is_asked_the_same_whether_the_person_is_insured_or_not(service: Service) -> None:
    """So that the time of an answer tells as little as its words."""
    await post_batch(service.ct, a_sign_up(1), a_voluntary_sign_up(2))
    await post(service.nl, of_nl(9, "NL-9"), key="nl-9")  # a process looks once whether its keys are the right ones
    asked = []
    for number in (1, 2):
        with recorded(service.runtime.database) as seen:
            answer = await post(service.nl, of_nl(number, f"NL-{number}", sex="female"), key=f"nl-{number}")
        assert answer.status_code == 409
        asked.append([statement.partition(" (")[0] for statement in seen])
    assert len(asked[0]) > 3
    assert asked[0] == asked[1]


async def test_a_batch_of_many_claims_is_answered_item_by_item(service: Service) -> None:
    people = range(1, 201)
    await post_batch(service.ct, *(a_sign_up(n) for n in people))
    claims = [of_nl(n, f"NL-{n}", full_name="Trần Thị Bình") for n in people]
    items = await post_batch(service.nl, *claims)
    assert [item["status"] for item in items] == [409] * 20 + [429] * 180
    again = await post_batch(service.nl, *claims)
    assert [item["problem"]["detail"] for item in again[:20]] == [item["problem"]["detail"] for item in items[:20]]


async def test_a_personal_id_that_was_typed_wrongly_does_not_keep_its_owner_out_once_it_is_corrected(
    service: Service,
) -> None:
    mine = (await post(service.ct, a_sign_up(1))).json()
    body = {"version": 1, "reason": "as on the card", "changes": {"participant": {"personal_id": "038080000077"}}}
    assert (await service.ct.post(f"/v1/enrolments/{mine['id']}/correction", json=body)).status_code == 200
    owner: dict[str, Any] = {"full_name": "Trần Thị Bình", "born_on": "1977-07-07", "sex": "female"}
    assert (await post(service.nl, of_nl(1, **owner), key="nl-1")).status_code == 201
    assert (await post(service.nl, of_nl(1, "NL-2", **owner), key="nl-2")).json()["type"].endswith("/already-covered")
    stranger = await post(service.ct, a_voluntary_sign_up(1, external_ref="CT-2"), key="ct-2")
    assert reference_of(stranger.json())


async def test_a_sign_up_that_was_cancelled_keeps_nobody_out_and_tells_nothing(service: Service) -> None:
    """It is answered as one under a personal ID that nobody has sent before."""
    mine = (await post(service.ct, a_sign_up(1))).json()
    await service.ct.post(f"/v1/enrolments/{mine['id']}/cancellation", json={"version": 1, "reason": "in error"})
    answers = [await post(service.nl, of_nl(n, f"NL-{n}", full_name="Trần Văn Bình"), key=f"nl-{n}") for n in (1, 2)]
    assert [(answer.status_code, answer.json()["kind"]) for answer in answers] == [(201, "new")] * 2
    assert await cases(service) == []
    stranger = await post(service.ct, a_voluntary_sign_up(1, external_ref="CT-2"), key="ct-2")
    assert reference_of(stranger.json())


async def test_a_correction_to_a_personal_id_that_is_nobodys_makes_it_the_corrected_persons(service: Service) -> None:
    mine = (await post(service.ct, a_sign_up(1))).json()
    await service.ct.post(f"/v1/enrolments/{mine['id']}/cancellation", json={"version": 1, "reason": "in error"})
    other = (await post(service.nl, of_nl(2, "NL-2", full_name="Trần Văn Bình"), key="nl-2")).json()
    assert (await corrected(service.nl, other["id"], a_correction(personal_id="038080000001"))).status_code == 200
    stranger = await post(service.ct, a_voluntary_sign_up(1, external_ref="CT-2"), key="ct-2")
    assert reference_of(stranger.json())


async def test_two_who_sign_up_under_a_personal_id_that_is_nobodys_do_not_both_get_it(service: Service) -> None:
    ids = [(await post(service.ct, a_sign_up(n), key=f"ct-{n}")).json()["id"] for n in range(4)]
    for enrolment_id in ids:
        await service.ct.post(f"/v1/enrolments/{enrolment_id}/cancellation", json={"version": 1, "reason": "in error"})
    for n in range(4):
        anh = a_voluntary_sign_up(n, external_ref=f"CT-V{n}", participant=a_participant(n, full_name="Lê Văn Anh"))
        binh = of_nl(n, f"NL-{n}", full_name="Trần Văn Bình")
        answers = await asyncio.gather(post_batch(service.ct, anh), post_batch(service.nl, binh))
        assert sorted(item["status"] for [item] in answers) == [201, 409]
