"""Whoever is shown personal data in clear is in the audit trail before the answer leaves."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from enrolment_api.audit.verification import Watch, verify
from enrolment_api.domain.audit import Broken, Head
from services.clock import BUSINESS_ZONE
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import LAUNCH_DAY, WRITE, Service, a_sign_up, post

CLEAR = f"{WRITE} participants:read"


class Office:
    """Clients of one post office and of the agency, those that see personal data among them."""

    def __init__(self, service: Service, clear: httpx.AsyncClient, agency: httpx.AsyncClient) -> None:
        self.service, self.masked, self.clear, self.agency = service, service.ct, clear, agency

    async def record(self, number: int = 1, **changes: Any) -> str:
        """The id of a sign-up that was just recorded."""
        answer = await post(self.masked, a_sign_up(number, **changes), key=f"key-{number}")
        assert answer.status_code == 201, answer.text
        recorded: str = answer.json()["id"]
        return recorded

    async def trail(self, **query: Any) -> list[dict[str, Any]]:
        """What the agency reads of the trail."""
        answer = await self.agency.get("/v1/audit", params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def noted(self, **query: Any) -> list[tuple[str, list[str]]]:
        """Action and ids of each entry."""
        return [(entry["action"], entry["ids"]) for entry in await self.trail(**query)]


@pytest.fixture
async def office(service: Service, client_for: ClientFor, token_for: TokenFor) -> Office:
    """On a registry like that of the demo."""
    return Office(
        service,
        await client_for(service.app, token_for(service.runtime, org="CT", scope=CLEAR)),
        await client_for(service.app, token_for(service.runtime, org="BHXH", scope="enrolments:review")),
    )


async def test_reads_that_are_masked_leave_no_entry(office: Office) -> None:
    enrolment_id = await office.record()
    answer = await office.masked.get(f"/v1/enrolments/{enrolment_id}")
    assert answer.json()["participant"] == {
        "full_name": "N. V. A.",
        "born_on": "****-**-**",
        "sex": "*",
        "personal_id": "*********001",
        "social_insurance_code": "*******001",
        "phone": "*******678",
    }
    await office.masked.get("/v1/enrolments")
    assert await office.trail() == []


async def test_each_way_to_see_a_person_in_clear_is_noted(office: Office) -> None:
    one, two = await office.record(1), await office.record(2)
    path = f"/v1/enrolments/{one}"
    assert (await office.clear.get(path)).json()["participant"]["full_name"] == "Nguyễn Văn An"
    await office.clear.get("/v1/enrolments")
    await office.clear.get("/v1/enrolments", headers={"Accept": "text/csv"})
    await post(office.clear, a_sign_up(1), key="key-1")
    await office.clear.post(f"{path}/submission", json={"version": 1})
    changes = {"version": 2, "reason": "moved", "changes": {"unit_code": "15142-01"}}
    await office.clear.post(f"{path}/correction", json=changes)
    await office.clear.post(f"{path}/cancellation", json={"version": 3, "reason": "in error"})
    assert await office.noted() == [
        ("read", [one]),
        ("list", [one, two]),
        ("list", [one, two]),
        ("replay", [one]),
        ("change", [one]),
        ("change", [one]),
        ("change", [one]),
    ]


async def test_the_agencys_own_looks_are_noted_too(office: Office, client_for: ClientFor, token_for: TokenFor) -> None:
    one = await office.record()
    scope = "enrolments:review participants:read"
    reviewer = await client_for(office.service.app, token_for(office.service.runtime, org="BHXH", scope=scope))
    await office.masked.post(f"/v1/enrolments/{one}/submission", json={"version": 1})
    await reviewer.post(f"/v1/enrolments/{one}/return", json={"version": 2, "reason": "no receipt"})
    [entry] = await office.trail()
    assert (entry["organisation_code"], entry["action"], entry["ids"]) == ("BHXH", "change", [one])
    assert entry["route"] == "POST /v1/enrolments/{enrolment_id}/return"


async def test_who_records_a_sign_up_is_shown_what_it_sent_which_is_no_disclosure(office: Office) -> None:
    answer = await post(office.clear, a_sign_up(1))
    assert answer.json()["participant"]["full_name"] == "Nguyễn Văn An"
    assert await office.trail() == []


async def test_an_entry_names_who_when_and_how_and_no_participant(office: Office) -> None:
    one = await office.record()
    query = {"unit_code": "15142", "external_ref": "CT-0001", "limit": "7"}
    await office.clear.get("/v1/enrolments", params=query, headers={"X-Request-Id": "request-of-mine"})
    [entry] = await office.trail()
    assert datetime.fromisoformat(entry.pop("at")).astimezone(BUSINESS_ZONE).date() == LAUNCH_DAY
    assert len(entry.pop("hash")) == 64
    assert entry == {
        "seq": 1,
        "organisation_code": "CT",
        "subject": "CT",
        "action": "list",
        "route": "GET /v1/enrolments",
        "ids": [one],
        "filters": {"unit_code": "15142", "external_ref": "given", "limit": "7"},
        "correlation_id": "request-of-mine",
    }
    row = str(await office.service.rows("SELECT * FROM audit_entries"))
    assert [value for value in a_sign_up(1)["participant"].values() if value in row] == []


async def test_that_nobody_was_found_is_noted_and_that_there_is_nothing_is_not(office: Office) -> None:
    await office.clear.get("/v1/enrolments", params={"external_ref": "CT-0001"})
    await office.clear.get("/v1/enrolments/0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    assert await office.noted() == [("list", [])]


async def test_the_trail_is_listed_by_what_is_asked_for_in_pages(office: Office) -> None:
    one, two = await office.record(1), await office.record(2)
    for path in (one, two, one):
        await office.clear.get(f"/v1/enrolments/{path}")
    await office.clear.get("/v1/enrolments")

    async def seqs(**query: Any) -> list[int]:
        return [entry["seq"] for entry in await office.trail(**query)]

    assert await seqs(enrolment_id=two) == [2, 4]
    assert await seqs(enrolment_id=one, action="read") == [1, 3]
    assert await seqs(organisation_code="ct", subject="CT", after=2) == [3, 4]
    assert await seqs(organisation_code="NL") == await seqs(subject="NL") == []
    assert await seqs(**{"from": "2025-10-25", "to": "2025-10-25"}) == [1, 2, 3, 4]
    assert await seqs(to="2025-10-24") == await seqs(**{"from": "2025-10-26"}) == []
    page = (await office.agency.get("/v1/audit", params={"limit": 3})).json()
    assert (len(page["items"]), page["next"]) == (3, "3")
    wrong = await office.agency.get("/v1/audit", params={"from": "2025-10-26", "to": "2025-10-25"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/query/from")


async def test_nothing_is_shown_where_it_cannot_be_noted(office: Office) -> None:
    enrolment_id = await office.record()
    async with office.service.runtime.database.write() as work:
        await work.execute(text("ALTER TABLE audit_entries RENAME TO somewhere_else"))
    path = f"/v1/enrolments/{enrolment_id}"
    answers = [
        await office.clear.get(path),
        await office.clear.get("/v1/enrolments"),
        await post(office.clear, a_sign_up(1), key="key-1"),
        await office.clear.post(f"{path}/submission", json={"version": 1}),
    ]
    assert [answer.status_code for answer in answers] == [503] * 4
    assert [answer for answer in answers if "Nguyễn" in answer.text] == []
    assert (await office.masked.get(path)).json()["status"] == "recorded"


async def test_readers_that_come_together_are_chained_one_after_the_other(office: Office) -> None:
    enrolment_id = await office.record()
    paths = [f"/v1/enrolments/{enrolment_id}", "/v1/enrolments"] * 20
    answers = await asyncio.gather(*map(office.clear.get, paths))
    assert {answer.status_code for answer in answers} == {200}
    head = await verify(office.service.runtime.database)
    assert isinstance(head, Head)
    assert head.seq == 40


async def test_the_database_refuses_to_change_or_remove_entries(office: Office) -> None:
    await office.clear.get("/v1/enrolments")
    for statement in (
        "UPDATE audit_entries SET subject = 'nobody'",
        "UPDATE audit_entries SET subject = 'nobody' WHERE seq = 0",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
    ):
        with pytest.raises(DBAPIError, match="can only be added to"):
            async with office.service.runtime.database.engine.begin() as connection:
                await connection.execute(text(statement))
    assert len(await office.trail()) == 1


async def as_superuser(office: Office, statement: str) -> None:
    """What only somebody can do who takes the triggers away."""
    async with office.service.runtime.database.write() as work:
        await work.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        await work.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE audit_entries SET subject = 'nobody' WHERE seq = 2", 2),
        ("UPDATE audit_entries SET ids = '{}' WHERE seq = 3", 3),
        ("DELETE FROM audit_entries WHERE seq = 1", 1),
    ],
)
async def test_verification_names_the_first_entry_that_was_tampered_with(
    office: Office, statement: str, seq: int
) -> None:
    enrolment_id = await office.record()
    for _ in range(4):
        await office.clear.get(f"/v1/enrolments/{enrolment_id}")
    await as_superuser(office, statement)
    found = await verify(office.service.runtime.database)
    assert isinstance(found, Broken)
    assert found.seq == seq


async def test_the_watch_sees_entries_come_and_tells_of_those_that_go(office: Office) -> None:
    runtime = office.service.runtime
    watch = Watch(runtime)

    def measured(name: str) -> float | None:
        return runtime.metrics.registry.get_sample_value(f"drive_audit_{name}")

    await watch.look()
    assert (measured("entries"), measured("broken")) == (0, 0)
    for expected in (2, 4):
        await office.clear.get("/v1/enrolments")
        await office.clear.get("/v1/enrolments")
        await watch.look()
        assert (measured("entries"), measured("broken")) == (expected, 0)
    await as_superuser(office, "DELETE FROM audit_entries WHERE seq = 4")
    await watch.look()
    assert measured("broken") == 1


async def test_a_watch_that_begins_on_a_trail_misses_its_newest_entry_when_that_goes(office: Office) -> None:
    await office.clear.get("/v1/enrolments")
    watch = Watch(office.service.runtime)
    await watch.look()
    await as_superuser(office, "DELETE FROM audit_entries")
    await watch.look()
    assert office.service.runtime.metrics.registry.get_sample_value("drive_audit_broken") == 1
