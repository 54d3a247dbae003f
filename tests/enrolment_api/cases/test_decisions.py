"""The agency decides cases of identity: whose a personal ID is."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from enrolment_api.changes.sql import CASES_OF_COLLECTORS
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.rotation.runner import rotate
from services.clock import beginning_of
from services.security.keys import load_secret_keys
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.cases.test_mismatches import cases, of_nl, reference_of
from tests.enrolment_api.conftest import Service, a_participant, a_sign_up, a_voluntary_sign_up, post, post_batch

REAL: dict[str, Any] = {"full_name": "Trần Văn Thật", "born_on": "1980-05-06"}


class Agency:
    """Its clients: `masked` decides, `clear` sees personal data as well."""

    def __init__(self, service: Service, masked: httpx.AsyncClient, clear: httpx.AsyncClient) -> None:
        self.service, self.masked, self.clear = service, masked, clear

    async def review(self, *items: dict[str, Any]) -> list[dict[str, Any]]:
        """The outcomes of a list of decisions."""
        answer = await self.masked.post("/v1/reviews", json={"items": items})
        assert answer.status_code == 207, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def accept(self, case_id: str, version: int = 1) -> dict[str, Any]:
        """The outcome of an acceptance."""
        [outcome] = await self.review({"id": case_id, "version": version, "decision": "accept"})
        return outcome

    async def case(self, case_id: str) -> dict[str, Any]:
        """As it is shown without personal data."""
        answer = await self.masked.get(f"/v1/identity-cases/{case_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def agency(service: Service, client_for: ClientFor, token_for: TokenFor) -> Agency:
    """Of the service."""
    scopes = ("enrolments:review", "enrolments:review participants:read")
    clients = [await client_for(service.app, token_for(service.runtime, org="BHXH", scope=scope)) for scope in scopes]
    return Agency(service, *clients)


async def a_case(service: Service, number: int = 1, **claim: Any) -> str:
    """CT has signed somebody up; NL says that the ID is of another person."""
    await post(service.ct, a_sign_up(number), key=f"ct-{number}")
    answer = await post(service.nl, of_nl(number, f"NL-{number}", **(claim or REAL)), key=f"nl-{number}")
    return reference_of(answer.json())


async def test_whoever_came_first_does_not_keep_the_real_person_out(service: Service, agency: Agency) -> None:
    case_id = await a_case(service)
    outcome = await agency.accept(case_id)
    assert {name: outcome[name] for name in ("id", "status", "case_status", "version")} == {
        "id": case_id,
        "status": 200,
        "case_status": "accepted",
        "version": 2,
    }
    answer = await post(service.nl, of_nl(1, "NL-1", **REAL), key="nl-1")
    assert (answer.status_code, answer.json()["kind"]) == (201, "new")
    assert (await post(service.nl, of_nl(1, "NL-2", **REAL), key="nl-2")).json()["type"].endswith("/already-covered")
    refused = await post(service.ct, a_voluntary_sign_up(1, external_ref="CT-2"), key="ct-2")
    assert reference_of(refused.json()) != case_id


async def test_sign_ups_that_lose_their_personal_id_are_disputed(service: Service, agency: Agency) -> None:
    await post(service.ct, a_sign_up(1))
    voluntary = a_voluntary_sign_up(1, external_ref="CT-2")
    await post(service.ct, voluntary, key="ct-2")
    submitted, recorded = (await service.ct.get("/v1/enrolments")).json()["items"]
    await service.ct.post(f"/v1/enrolments/{submitted['id']}/submission", json={"version": 1})
    case_id = await a_case(service)
    before = await service.events("drive.enrolment.status_changed.v1")
    await agency.accept(case_id)
    for enrolment, status, version in ((submitted, "returned", 3), (recorded, "recorded", 2)):
        now = (await service.ct.get(f"/v1/enrolments/{enrolment['id']}")).json()
        assert (now["status"], now["version"]) == (status, version)
        newest = (await service.ct.get(f"/v1/enrolments/{enrolment['id']}/history")).json()["items"][-1]
        assert newest["reason"] == f"the personal ID is that of another person (case {case_id}): correct it"
        assert newest["by"]["organisation_code"] == "BHXH"
    assert len(await service.events("drive.enrolment.status_changed.v1")) == len(before) + 1
    participants = {row["participant_id"] for row in await service.rows("SELECT participant_id FROM enrolments")}
    assert len(participants) == 1
    assert participants != {case["participant_id"] for case in await cases(service)}


async def test_a_disputed_sign_up_is_corrected_and_told_nothing_of_the_real_person(
    service: Service, agency: Agency
) -> None:
    case_id = await a_case(service)
    await agency.accept(case_id)
    assert (await post(service.nl, of_nl(1, "NL-1", **REAL), key="nl-1")).status_code == 201
    [disputed] = (await service.ct.get("/v1/enrolments")).json()["items"]

    async def correct(version: int, **changes: Any) -> httpx.Response:
        body = {"version": version, "reason": "as on the card", "changes": changes}
        return await service.ct.post(f"/v1/enrolments/{disputed['id']}/correction", json=body)

    moved = await correct(2, unit_code="15142-01")
    assert (moved.status_code, moved.json()["covered_to"]) == (200, disputed["covered_to"])
    renamed = await correct(3, participant={"full_name": "Nguyễn Văn Anh"})
    assert renamed.json()["type"].endswith("/identity-mismatch")
    mended = await correct(3, participant={"personal_id": "038080000077"})
    assert mended.status_code == 200
    again = await post(service.ct, a_voluntary_sign_up(77, external_ref="CT-77"), key="ct-77")
    assert again.status_code == 201


async def test_a_rejected_claim_is_refused_with_the_same_reference_until_it_is_accepted(
    service: Service, agency: Agency
) -> None:
    case_id = await a_case(service)
    [outcome] = await agency.review(
        {"id": case_id, "version": 1, "decision": "return", "reason": "not what the card says"}
    )
    assert (outcome["case_status"], outcome["version"]) == ("rejected", 2)
    again = await post(service.nl, of_nl(1, "NL-1", **REAL), key="nl-1")
    assert reference_of(again.json()) == case_id
    assert (await agency.case(case_id))["decision"]["reason"] == "not what the card says"
    assert (await post(service.ct, a_sign_up(1), key="ct-1")).headers["idempotent-replayed"] == "true"
    [twice] = await agency.review({"id": case_id, "version": 2, "decision": "return", "reason": "again"})
    assert twice["problem"]["type"].endswith("/case-decided")
    assert (await agency.accept(case_id, 2))["case_status"] == "accepted"


async def test_cases_and_sign_ups_are_decided_in_one_list_each_for_itself(service: Service, agency: Agency) -> None:
    one, two = await a_case(service, 1), await a_case(service, 2)
    [first, _] = (await service.ct.get("/v1/enrolments")).json()["items"]
    await service.ct.post(f"/v1/enrolments/{first['id']}/submission", json={"version": 1})
    nobodys = "01000000-0000-7000-8000-000000000001"
    outcomes = await agency.review(
        {"id": one, "version": 7, "decision": "accept"},
        {"id": first["id"], "version": 2, "decision": "accept"},
        {"id": nobodys, "version": 1, "decision": "accept"},
        {"id": two, "version": 1, "decision": "accept"},
        {"id": two, "version": 2, "decision": "accept"},
    )
    assert [outcome["status"] for outcome in outcomes] == [409, 200, 404, 200, 409]
    assert [outcome["id"] for outcome in outcomes] == [one, first["id"], nobodys, two, two]
    assert (outcomes[1]["enrolment_status"], outcomes[3]["case_status"]) == ("accepted", "accepted")


async def test_a_case_shows_both_people_masked_or_in_clear_with_a_trace(service: Service, agency: Agency) -> None:
    case_id = await a_case(service)
    masked = await agency.case(case_id)
    assert masked["differs"] == ["full_name", "born_on"]
    assert (masked["claimed"]["full_name"], masked["known"]["full_name"]) == ("T. V. T.", "N. V. A.")
    assert (masked["organisation_code"], masked["collector_code"], masked["external_ref"]) == ("NL", "NL-01", "NL-1")
    assert (await agency.masked.get("/v1/audit", params={"action": "read"})).json()["items"] == []
    clear = (await agency.clear.get(f"/v1/identity-cases/{case_id}")).json()
    assert (clear["claimed"]["full_name"], clear["known"]["born_on"]) == ("Trần Văn Thật", "1980-02-03")
    await agency.clear.get("/v1/identity-cases", params={"status": "open"})
    entries = (await agency.masked.get("/v1/audit", params={"case_id": case_id})).json()["items"]
    assert [(entry["action"], entry["organisation_code"]) for entry in entries] == [
        ("mismatch", "NL"),
        ("read", "BHXH"),
        ("list", "BHXH"),
    ]


async def test_cases_are_listed_by_what_is_asked_for(service: Service, agency: Agency) -> None:
    one, two = await a_case(service, 1), await a_case(service, 2)
    await agency.accept(one)

    async def listed(**query: Any) -> list[str]:
        answer = await agency.masked.get("/v1/identity-cases", params=query)
        return [item["id"] for item in answer.json()["items"]]

    assert await listed() == [one, two]
    assert await listed(status="open") == [two]
    assert await listed(organisation_code="nl", collector_code="nl-01", after=one) == [two]
    assert await listed(organisation_code="CT") == await listed(collector_code="CT-07") == []
    assert (await agency.masked.get("/v1/identity-cases", params={"limit": 1})).json()["next"] == one
    missing = await agency.masked.get("/v1/identity-cases/01000000-0000-7000-8000-000000000001")
    assert missing.status_code == 404


async def test_collectors_with_unusually_many_cases_show(service: Service, agency: Agency) -> None:
    await post_batch(service.ct, *[a_sign_up(n) for n in range(1, 60)])
    for number in range(1, 5):
        await post(service.nl, of_nl(number, f"NL-{number}", **REAL), key=f"nl-{number}")
    await post(service.nl, of_nl(90, "NL-90"), key="nl-90")
    wrong = a_sign_up(90, external_ref="CT-90", participant=a_participant(90, sex="female"))
    await post(service.ct, wrong, key="ct-90")
    answer = await agency.masked.get("/v1/identity-cases/statistics", params={"from": "2025-10-25", "to": "2025-10-25"})
    assert answer.json()["items"] == [
        {
            "organisation_code": "NL",
            "collector_code": "NL-01",
            "cases": 4,
            "open": 4,
            "rejected": 0,
            "sign_ups": 1,
            "unusual": True,
        },
        {
            "organisation_code": "CT",
            "collector_code": "CT-07",
            "cases": 1,
            "open": 1,
            "rejected": 0,
            "sign_ups": 59,
            "unusual": False,
        },
    ]
    none = await agency.masked.get("/v1/identity-cases/statistics", params={"to": "2025-10-24"})
    assert none.json()["items"] == []
    lately = await agency.masked.get("/v1/identity-cases/statistics")
    assert lately.json() == answer.json()


@pytest.mark.parametrize("first", ["2025-10-26", "2024-10-24"])
async def test_statistics_are_of_a_year_at_most(agency: Agency, first: str) -> None:
    days = {"from": first, "to": "2025-10-25"}
    answer = await agency.masked.get("/v1/identity-cases/statistics", params=days)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/query/from"]


async def test_statistics_read_sign_ups_by_an_index(service: Service) -> None:
    await post_batch(service.ct, *(a_sign_up(n) for n in range(500)))
    async with service.runtime.database.write() as work:
        await work.execute(text("UPDATE enrolments SET signed_on = signed_on - 400"))
        await work.execute(text("ANALYZE enrolments"))
    days = {"first": date(2025, 10, 1), "last": date(2025, 10, 31), "limit": 100}
    times = {"since": beginning_of(date(2025, 10, 1)), "until": beginning_of(date(2025, 11, 1))}
    async with service.runtime.database.read() as session:
        plan = await session.scalars(text(f"EXPLAIN {CASES_OF_COLLECTORS.statement}"), days | times)
        assert "ix_enrolments_signed_on" in "".join(plan)


async def test_recording_and_cancelling_to_learn_of_cover_leaves_a_trace(service: Service, agency: Agency) -> None:
    await post(service.ct, a_sign_up(1))
    mine = await post(service.nl, a_voluntary_sign_up(1, external_ref="NL-1", collector_code="NL-01"))
    other = await post(service.nl, of_nl(2, "NL-2"), key="nl-2")
    for each in (mine, other):
        path = f"/v1/enrolments/{each.json()['id']}/cancellation"
        assert (await service.nl.post(path, json={"version": 1, "reason": "in error"})).status_code == 200
    entries = (await agency.masked.get("/v1/audit", params={"action": "probe"})).json()["items"]
    assert [(entry["organisation_code"], entry["ids"]) for entry in entries] == [("NL", [mine.json()["id"]])]


async def test_a_rotation_seals_claims_too_and_gives_nobody_the_id_of_another(service: Service, agency: Agency) -> None:
    accepted, open_ = await a_case(service, 1), await a_case(service, 2)
    await agency.accept(accepted)
    [old], new = load_secret_keys(service.runtime.settings), b"n" * 32
    assert (await rotate(service.runtime.database, PeopleKeys([new, old]))).cases == 2
    assert (await rotate(service.runtime.database, PeopleKeys([new]))).left == 0
    keys = PeopleKeys([new])
    [row] = await service.rows(f"SELECT sealed FROM identity_cases WHERE id = '{open_}'")  # noqa: S608 - our own id
    assert keys.open_claim(UUID(open_), row["sealed"]).full_name == REAL["full_name"]
    [index] = keys.indexes_of("038080000001")
    owners = await service.rows("SELECT blind_index, participant_id FROM participant_indexes")
    claimants = [case["participant_id"] for case in await cases(service) if str(case["id"]) == accepted]
    assert [owner["participant_id"] for owner in owners if owner["blind_index"] == index] == claimants


async def test_two_claims_on_one_id_that_are_accepted_at_once_give_it_to_one_of_them(
    service: Service, agency: Agency
) -> None:
    one = await a_case(service)
    other = reference_of((await post(service.nl, of_nl(1, "NL-2", full_name="Lê Văn Ba"), key="nl-2")).json())
    outcomes = await asyncio.gather(agency.accept(one), agency.accept(other))
    assert [outcome["case_status"] for outcome in outcomes] == ["accepted", "accepted"]
    answers = [
        await post(service.nl, of_nl(1, "NL-1", **REAL), key="nl-1"),
        await post(service.nl, of_nl(1, "NL-2", full_name="Lê Văn Ba"), key="nl-2"),
    ]
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [disputed] = (await service.ct.get("/v1/enrolments")).json()["items"]
    assert disputed["version"] == 2


AGAIN = a_sign_up(1, external_ref="CT-2", household={"code": "HH-3", "member_no": 1})


async def an_error_and_its_reversal(service: Service, agency: Agency) -> tuple[str, dict[str, Any]]:
    """An acceptance has given the ID of the person whom CT has signed up to somebody of NL's, in error; now CT claims
    it back. The case of that, and CT's sign-up."""
    wrong = await a_case(service)
    await agency.accept(wrong)
    again = await post(service.ct, AGAIN, key="ct-2")
    [mine] = (await service.ct.get("/v1/enrolments")).json()["items"]
    return reference_of(again.json()), mine


async def test_who_gets_their_personal_id_back_has_the_cover_again_that_they_had(
    service: Service, agency: Agency
) -> None:
    case_id, mine = await an_error_and_its_reversal(service, agency)
    assert (await post(service.nl, of_nl(1, "NL-1", **REAL), key="nl-1")).status_code == 201
    assert (await agency.accept(case_id))["case_status"] == "accepted"
    again = await post(service.ct, AGAIN, key="ct-2")
    assert again.json()["type"].endswith("/already-covered")
    [newest] = (await service.ct.get(f"/v1/enrolments/{mine['id']}/history")).json()["items"][-1:]
    assert newest["reason"] == f"the personal ID is that of this person after all (case {case_id})"
    owner = (await cases(service))[0]["participant_id"]
    rows = await service.rows("SELECT organisation_code, participant_id FROM enrolments ORDER BY organisation_code")
    assert [row["participant_id"] == owner for row in rows] == [True, False]
    back = await post(
        service.nl, of_nl(1, "NL-3", **REAL) | {"household": {"code": "HH-4", "member_no": 1}}, key="nl-3"
    )
    assert (await agency.accept(reference_of(back.json())))["case_status"] == "accepted"
    rows = await service.rows("SELECT organisation_code, participant_id FROM enrolments ORDER BY organisation_code")
    assert [row["participant_id"] == owner for row in rows] == [False, True]


async def test_sign_ups_that_would_cover_a_person_twice_stay_apart_until_one_is_cancelled(
    service: Service, agency: Agency
) -> None:
    case_id, mine = await an_error_and_its_reversal(service, agency)
    other = (await post(service.ct, a_sign_up(3), key="ct-3")).json()
    async with service.runtime.database.write() as work:  # as one that is recorded while the first case is accepted
        await work.execute(
            text("UPDATE enrolments SET participant_id = :owner WHERE id = :id"),
            {"id": other["id"], "owner": (await cases(service))[0]["participant_id"]},
        )
    before = await service.rows("SELECT id, participant_id, version FROM enrolments ORDER BY id")
    refused = await agency.accept(case_id)
    assert refused["problem"]["type"].endswith("/covers-overlap")
    assert mine["id"] in refused["problem"]["detail"]
    assert other["id"] in refused["problem"]["detail"]
    assert await service.rows("SELECT id, participant_id, version FROM enrolments ORDER BY id") == before
    assert (await agency.case(case_id))["status"] == "open"
    await service.ct.post(f"/v1/enrolments/{other['id']}/cancellation", json={"version": 1, "reason": "twice"})
    assert (await agency.accept(case_id))["case_status"] == "accepted"
