"""Whoever decides cases of identity waits for others, and never in a circle with them."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from enrolment_api.changes import store
from enrolment_api.people import store as people
from enrolment_api.people.keys import PeopleKeys
from services.security.keys import load_secret_keys
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.cases.test_mismatches import cases, of_nl, reference_of
from tests.enrolment_api.conftest import Service, a_sign_up, post
from tests.support.waiting import eventually, running, soon

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
async def agency(service: Service, client_for: ClientFor, token_for: TokenFor) -> httpx.AsyncClient:
    """Whoever decides."""
    return await client_for(service.app, token_for(service.runtime, org="BHXH", scope="enrolments:review"))


async def accept(agency: httpx.AsyncClient, *case_ids: str) -> list[str]:
    """What becomes of these cases, accepted in one list."""
    items = [{"id": case_id, "version": 1, "decision": "accept"} for case_id in case_ids]
    answer = await agency.post("/v1/reviews", json={"items": items})
    assert answer.status_code == 207, answer.text
    return [item["case_status"] for item in answer.json()["items"]]


async def a_claim(service: Service, number: int, name: str) -> str:
    """The case of somebody who claims the personal ID of the `number`-th person."""
    ref = f"NL-{number}-{len(name)}"
    return reference_of((await post(service.nl, of_nl(number, ref, full_name=name), key=ref)).json())


async def test_lists_that_accept_cases_of_the_same_people_in_another_order_both_succeed(
    service: Service, agency: httpx.AsyncClient
) -> None:
    for number in (1, 2):
        await post(service.ct, a_sign_up(number), key=f"ct-{number}")
    [an_1, an_2, ba_1, ba_2] = [await a_claim(service, n, name) for name in ("Trần Văn Anh", "Lê Ba") for n in (1, 2)]
    outcomes = await soon(asyncio.gather(accept(agency, an_1, an_2), accept(agency, ba_2, ba_1)))
    assert [*outcomes[0], *outcomes[1]] == ["accepted"] * 4


async def test_an_acceptance_waits_for_a_correction_before_it_locks_the_person(
    service: Service, agency: httpx.AsyncClient
) -> None:
    """A correction locks the sign-up, then the participant."""
    mine = (await post(service.ct, a_sign_up(1), key="ct-1")).json()
    case_id = await a_claim(service, 1, "Trần Văn Anh")
    [case] = await cases(service)
    keys, corrects = PeopleKeys(load_secret_keys(service.runtime.settings)), asyncio.Event()

    async def waiting() -> object:
        async with service.runtime.database.read() as session:
            return (await session.execute(WAITING)).scalar()

    async def accept_then() -> list[str]:
        await corrects.wait()
        return await accept(agency, case_id)

    async with running(accept_then()) as acceptance:
        async with service.runtime.database.write() as work:
            await store.lock(work, keys, [UUID(mine["id"])], "CT")
            corrects.set()
            await eventually(waiting, 1)
            await soon(people.lock(work, [case["participant_id"]]))
        assert await soon(acceptance) == ["accepted"]
