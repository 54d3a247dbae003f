"""What holds within one API process holds across two of them: only the database decides."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from enrolment_api.main import create_app
from enrolment_api.people import store as people
from services.persistence.database import Database
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import WRITE, Service, a_sign_up, a_voluntary_sign_up, post, post_batch

ROUNDS = range(1, 21)
AMOUNTS = ((1, 1_263_600), (2, 884_520), (3, 758_160))
"""VND for a year, by the number of the member."""


@pytest_asyncio.fixture
async def other_ct(service: Service, token_for: TokenFor, client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    """The same organisation on a second API process: a pool, a batcher and an app of its own."""
    database = Database(service.runtime.database.url)
    try:
        app = create_app(replace(service.runtime, database=database))
        yield await client_for(app, token_for(service.runtime, org="CT", scope=WRITE))
    finally:
        await database.close()


async def test_the_same_request_to_both_is_recorded_once(service: Service, other_ct: httpx.AsyncClient) -> None:
    sent = [(client, n) for n in ROUNDS for client in (service.ct, other_ct)]
    answers = await asyncio.gather(*(post(client, a_voluntary_sign_up(n), f"key-{n}") for client, n in sent))
    assert {answer.status_code for answer in answers} == {201}
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == len(ROUNDS)
    assert len(await service.rows("SELECT id FROM enrolments")) == len(await service.events()) == len(ROUNDS)


async def test_crossed_keys_and_references_each_have_one_winner(service: Service, other_ct: httpx.AsyncClient) -> None:
    """A key and a reference that two other requests claim as well: none is answered with an internal error."""
    crossed = [
        post(client, a_sign_up(person, external_ref=f"ref-{n}-{ref}"), f"key-{n}-{key}")
        for n in ROUNDS
        for client, person, ref, key in (
            (service.ct, 3 * n, "a", "a"),
            (other_ct, 3 * n + 1, "a", "b"),
            (service.ct, 3 * n + 2, "b", "a"),
            (other_ct, 3 * n, "b", "b"),
        )
    ]
    answers = await asyncio.gather(*crossed)
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409, 422}
    recorded = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert len(set(recorded)) == len(recorded) == len(await service.events())
    assert len(ROUNDS) <= len(recorded) <= 2 * len(ROUNDS)


async def test_of_64_who_sign_up_one_person_at_once_one_succeeds(
    service: Service, other_ct: httpx.AsyncClient, token_for: TokenFor, client_for: ClientFor
) -> None:
    """Two organisations, each with a client of either process, each request with a reference and a key of its own."""
    clients = ((service.ct, "CT-07"), (other_ct, "CT-07"), (service.nl, "NL-01"))
    racing = [
        post(client, a_sign_up(1, external_ref=f"race-{n}", collector_code=collector), f"race-{n}")
        for n, (client, collector) in zip(range(64), itertools.cycle(clients), strict=False)
    ]
    answers = await asyncio.gather(*racing)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 63}
    assert {answer.json()["type"].rpartition("/")[2] for answer in answers if answer.status_code == 409} == {
        "already-covered"
    }
    assert len(await service.rows("SELECT id FROM enrolments")) == len(await service.events()) == 1


async def test_who_is_accepted_only_knowing_of_others_that_came_first_is_a_participant(
    service: Service, other_ct: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third member is refused at first, since the second is not known yet; and the first is made by the others."""
    members = [a_sign_up(n, household={"code": "HH-1", "member_no": n}, amount_paid=paid) for n, paid in AMOUNTS]
    make, first = people.make, [other_ct]

    async def overtaken(*arguments: Any) -> Any:
        if first:
            assert [item["status"] for item in await post_batch(first.pop(), *members[:2])] == [201, 201]
        return await make(*arguments)

    monkeypatch.setattr(people, "make", overtaken)
    items = await post_batch(service.ct, members[0], members[2])
    assert [item["status"] for item in items] == [201, 201]
    rows = await service.rows("SELECT id FROM enrolments WHERE participant_id IN (SELECT id FROM participants)")
    assert len(rows) == 3
