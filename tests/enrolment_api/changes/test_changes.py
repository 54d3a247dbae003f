"""The life of a sign-up over HTTP: each change a version, a history and an event."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from enrolment_api.changes.usecases import WantedChange, change_status
from enrolment_api.domain.life import Change
from enrolment_api.people.keys import PeopleKeys
from services.context import Actor, context_of
from services.contracts.identities import enrolment_event_id
from services.security.keys import load_secret_keys
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import Service, a_participant, a_sign_up, post, post_batch


async def change(client: httpx.AsyncClient, enrolment: dict[str, Any], what: str, **body: Any) -> httpx.Response:
    """Ask for a change of the version that was seen."""
    return await client.post(f"/v1/enrolments/{enrolment['id']}/{what}", json={"version": enrolment["version"], **body})


async def changed(client: httpx.AsyncClient, enrolment: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    answer = await change(client, enrolment, what, **body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest_asyncio.fixture
async def agency(service: Service, token_for: TokenFor, client_for: ClientFor) -> httpx.AsyncClient:
    """Whoever decides on sign-ups of all organisations."""
    return await client_for(service.app, token_for(service.runtime, org="BHXH", scope="enrolments:review"))


@pytest_asyncio.fixture
async def recorded(service: Service) -> dict[str, Any]:
    answer = await post(service.ct, a_sign_up())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_sign_up_is_submitted_returned_corrected_submitted_again_and_accepted(
    service: Service, agency: httpx.AsyncClient, recorded: dict[str, Any]
) -> None:
    submitted = await changed(service.ct, recorded, "submission")
    returned = await changed(agency, submitted, "return", reason="The receipt is of another person")
    corrected = await changed(
        service.ct, returned, "correction", reason="As on the receipt", changes={"receipt_no": "C45-9"}
    )
    again = await changed(service.ct, corrected, "submission")
    accepted = await changed(agency, again, "acceptance")
    assert [each["status"] for each in (submitted, returned, corrected, again, accepted)] == [
        "submitted",
        "returned",
        "recorded",
        "submitted",
        "accepted",
    ]
    history = (await service.ct.get(f"/v1/enrolments/{recorded['id']}/history")).json()["items"]
    assert [(h["version"], h["by"]["organisation_code"], h["reason"], h["changed"]) for h in history] == [
        (1, "CT", None, []),
        (2, "CT", None, []),
        (3, "BHXH", "The receipt is of another person", []),
        (4, "CT", "As on the receipt", ["receipt_no"]),
        (5, "CT", None, []),
        (6, "BHXH", None, []),
    ]
    statuses = [json.loads(body)["data"] for body in await service.events("drive.enrolment.status_changed.v1")]
    assert [(s["version"], s["status"]) for s in statuses] == [
        (2, "submitted"),
        (3, "returned"),
        (5, "submitted"),
        (6, "accepted"),
    ]


async def test_a_correction_is_decided_anew_and_published_whole(service: Service, recorded: dict[str, Any]) -> None:
    changes = {
        "unit_code": "15142-01",
        "signed_on": "2025-10-24",
        "months": 6,
        "amount_paid": 631800,
        "participant": {"full_name": "Nguyễn Văn Anh"},
    }
    corrected = await changed(service.ct, recorded, "correction", reason="Typing errors", changes=changes)
    assert (corrected["version"], corrected["status"]) == (2, "recorded")
    assert (corrected["covered_from"], corrected["covered_to"]) == ("2025-11-23", "2026-05-22")
    assert corrected["contribution"]["payable"] == 631800
    [event] = [json.loads(body) for body in await service.events("drive.enrolment.corrected.v1")]
    assert event["id"] == str(enrolment_event_id(UUID(recorded["id"]), 2))
    told = {name: event["data"][name] for name in ("unit_code", "signed_on", "months", "amount_paid", "version")}
    assert told == {**{name: changes[name] for name in told if name != "version"}, "version": 2}
    assert "Anh" not in str(event)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"unit_code": "99999"}, "/changes/unit_code"),
        ({"unit_code": "38"}, "/changes/unit_code"),
        ({"collector_code": "NL-01"}, "/changes/collector_code"),
        ({"months": 6}, "/changes/amount_paid"),
        ({"signed_on": "2025-10-26"}, "/changes/signed_on"),
        ({"monthly_income": 1_500_000}, "/changes/monthly_income"),
        ({"unit_code": None}, "/changes/unit_code"),
        ({"scheme": "voluntary_social"}, "/changes/scheme"),
        ({"external_ref": "CT-9"}, "/changes/external_ref"),
        ({"participant": {"personal_id": "12"}}, "/changes/participant/personal_id"),
        ({}, "/changes"),
    ],
)
async def test_a_correction_is_refused_as_a_sign_up_is_and_names_the_field(
    service: Service, recorded: dict[str, Any], changes: dict[str, Any], pointer: str
) -> None:
    answer = await change(service.ct, recorded, "correction", reason="A test", changes=changes)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    unchanged = (await service.ct.get(f"/v1/enrolments/{recorded['id']}")).json()
    assert unchanged == recorded


async def test_a_correction_onto_a_person_who_is_covered_is_refused(service: Service, recorded: dict[str, Any]) -> None:
    assert (await post(service.nl, a_sign_up(2, collector_code="NL-01"))).status_code == 201
    answer = await change(service.ct, recorded, "correction", reason="?", changes={"participant": a_participant(2)})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/changes/participant/personal_id")


async def test_a_cancelled_sign_up_frees_the_person_and_stays_cancelled(
    service: Service, recorded: dict[str, Any]
) -> None:
    refused = await post(service.nl, a_sign_up(external_ref="NL-1", collector_code="NL-01"))
    assert refused.status_code == 409
    cancelled = await changed(service.ct, recorded, "cancellation", reason="Signed twice")
    assert (cancelled["status"], cancelled["version"]) == ("cancelled", 2)
    again = await post(service.nl, a_sign_up(external_ref="NL-1", collector_code="NL-01"))
    assert (again.status_code, again.json()["kind"]) == (201, "new")
    [event] = [json.loads(body) for body in await service.events("drive.enrolment.cancelled.v1")]
    assert event["data"]["version"] == 2
    for what, body in (("cancellation", {"reason": "?"}), ("submission", {})):
        answer = await change(service.ct, cancelled, what, **body)
        assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (409, "enrolment-cancelled")
    replayed = await post(service.ct, a_sign_up())
    assert (replayed.json()["status"], replayed.headers["Idempotent-Replayed"]) == ("cancelled", "true")


async def test_of_two_changes_at_once_one_wins(service: Service, recorded: dict[str, Any]) -> None:
    answers = await asyncio.gather(
        *(change(service.ct, recorded, "cancellation", reason=f"Reason {n}") for n in range(6)),
        *(change(service.ct, recorded, "submission") for _ in range(6)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 11]
    history = (await service.ct.get(f"/v1/enrolments/{recorded['id']}/history")).json()["items"]
    assert [entry["version"] for entry in history] == [1, 2]


async def test_of_many_sign_ups_and_corrections_onto_one_person_one_wins(service: Service) -> None:
    await post_batch(service.ct, *(a_sign_up(n) for n in range(1, 9)))
    known = (await service.ct.get("/v1/enrolments")).json()["items"]
    person = a_participant(99)
    answers = await asyncio.gather(
        *(change(service.ct, each, "correction", reason="?", changes={"participant": person}) for each in known),
        *(
            post(service.nl, a_sign_up(n, collector_code="NL-01", participant=person), key=f"key-{n}")
            for n in range(20, 28)
        ),
    )
    statuses = [answer.status_code for answer in answers]
    assert sum(status in (200, 201) for status in statuses) == 1
    assert set(statuses) <= {200, 201, 409}


@pytest.mark.parametrize("what", ["submission", "correction", "cancellation", "history"])
async def test_another_organisations_sign_up_is_not_found(
    service: Service, recorded: dict[str, Any], what: str
) -> None:
    path = f"/v1/enrolments/{recorded['id']}/{what}"
    bodies: dict[str, dict[str, Any]] = {
        "submission": {},
        "cancellation": {"reason": "?"},
        "correction": {"reason": "?", "changes": {"months": 6}},
    }
    body = {"version": 1, **bodies.get(what, {})}
    answer = await (service.nl.get(path) if what == "history" else service.nl.post(path, json=body))
    assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (404, "not-found")
    assert (await service.ct.get(f"/v1/enrolments/{recorded['id']}")).json() == recorded


async def test_the_agency_decides_a_list_and_each_item_for_itself(service: Service, agency: httpx.AsyncClient) -> None:
    items = await post_batch(service.ct, a_sign_up(1), a_sign_up(2), a_sign_up(3))
    for item in items[:2]:
        await changed(service.ct, {**item, "version": 1}, "submission")
    submitted = (await agency.get("/v1/enrolments", params={"status": "submitted"})).json()["items"]
    assert [each["id"] for each in submitted] == [item["id"] for item in items[:2]]
    decisions = [
        {"id": items[0]["id"], "version": 2, "decision": "accept"},
        {"id": items[1]["id"], "version": 2, "decision": "return", "reason": "No receipt"},
        {"id": items[2]["id"], "version": 1, "decision": "accept"},
        {"id": items[0]["id"], "version": 2, "decision": "accept"},
        {"id": str(enrolment_event_id(UUID(items[0]["id"]), 7)), "version": 1, "decision": "accept"},
    ]
    answer = await agency.post("/v1/reviews", json={"items": decisions})
    assert answer.status_code == 207, answer.text
    outcomes = answer.json()["items"]
    assert [outcome["status"] for outcome in outcomes] == [200, 200, 409, 409, 404]
    assert [o.get("enrolment_status") for o in outcomes[:2]] == ["accepted", "returned"]
    assert [o["problem"]["type"].split("/")[-1] for o in outcomes[2:]] == ["wrong-status", "stale-version", "not-found"]


async def test_the_agency_decides_a_thousand_at_once(service: Service, agency: httpx.AsyncClient) -> None:
    recorded = await post_batch(service.ct, *map(a_sign_up, range(1000)))
    wanted = [WantedChange(UUID(item["id"]), Change("submission", 1)) for item in recorded]
    keys = PeopleKeys(load_secret_keys(service.runtime.settings))
    context = context_of(service.runtime.clock, actor=Actor("CT", "CT", frozenset()))
    async with service.runtime.database.write() as work:
        await change_status(work, context, wanted, "CT", keys)
    decision = {"version": 2, "decision": "return", "reason": "No receipt"}
    answer = await agency.post("/v1/reviews", json={"items": [{"id": item["id"], **decision} for item in recorded]})
    assert answer.status_code == 207, answer.text
    outcomes = answer.json()["items"]
    assert {(item["status"], item["enrolment_status"], item["version"]) for item in outcomes} == {(200, "returned", 3)}
    assert [item["id"] for item in outcomes] == [item["id"] for item in recorded]


async def test_a_correction_to_a_code_of_another_case_changes_nothing(
    service: Service, recorded: dict[str, Any]
) -> None:
    answer = await change(service.ct, recorded, "correction", reason="?", changes={"collector_code": "ct-07"})
    assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (422, "nothing-to-correct")


async def test_a_decision_that_cannot_be_read_harms_no_other(
    service: Service, agency: httpx.AsyncClient, recorded: dict[str, Any]
) -> None:
    await changed(service.ct, recorded, "submission")
    decisions = [
        {"id": recorded["id"], "version": 2, "decision": "return"},
        "no decision",
        {"id": recorded["id"], "version": 2, "decision": "burn"},
        {"id": recorded["id"], "version": 2, "decision": "accept"},
    ]
    answer = await agency.post("/v1/reviews", json={"items": decisions})
    outcomes = answer.json()["items"]
    assert [(o["status"], o["id"] == recorded["id"]) for o in outcomes] == [
        (422, True),
        (422, False),
        (422, True),
        (200, True),
    ]
    assert [o["problem"]["errors"][0]["pointer"] for o in outcomes[:3]] == ["/reason", "", "/decision"]
    metrics = (await agency.get("/metrics")).text
    assert 'drive_refusals_total{code="invalid",method="POST",route="/v1/reviews"} 3.0' in metrics


async def test_a_renewal_after_a_cancellation_counts_from_what_still_covers(service: Service) -> None:
    first = (await post(service.ct, a_sign_up())).json()
    await changed(service.ct, first, "cancellation", reason="A mistake")
    service.runtime.clock.pin(date(2025, 12, 1))
    second = await post(service.ct, a_sign_up(external_ref="CT-2", signed_on="2025-12-01"), key="key-2")
    assert (second.status_code, second.json()["kind"]) == (201, "new")
