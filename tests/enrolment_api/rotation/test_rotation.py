"""Keys are changed while sign-ups come in: everybody is found at any time, and the old key may go in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import count
from uuid import UUID

import httpx
import pytest

from enrolment_api.domain.sign_up import Participant
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.rotation.runner import Rotated, rotate
from services.security.keys import load_secret_keys
from services.security.sealing import SecretLost
from tests.enrolment_api.conftest import (
    Service,
    WithKeys,
    a_participant,
    a_sign_up,
    a_voluntary_sign_up,
    post,
    post_batch,
)

NEW = b"n" * 32


def old_key(service: Service) -> bytes:
    [key] = load_secret_keys(service.runtime.settings)
    return key


async def opened_by(service: Service, key: bytes) -> int:
    """How many rows this key alone opens; every row that it does not open raises."""
    keys = PeopleKeys([key])
    people = await service.rows("SELECT id, sealed FROM participants")
    sign_ups = await service.rows("SELECT id, sealed FROM enrolments")
    opened = [keys.open_participant(row["id"], row["sealed"]) for row in people]
    return len(opened) + len([keys.open_sign_up(row["id"], row["sealed"]) for row in sign_ups])


async def index_keys(service: Service) -> dict[bytes, int]:
    """How many indexes there are under each key."""
    rows = await service.rows("SELECT key_id, count(*) AS n FROM participant_indexes GROUP BY key_id")
    return {row["key_id"]: row["n"] for row in rows}


def index_key_of(key: bytes) -> bytes:
    [key_id] = PeopleKeys([key]).index_key_ids
    return key_id


async def test_keys_are_rotated_while_sign_ups_come_in(service: Service, with_keys: WithKeys) -> None:
    old = old_key(service)
    between, after = await with_keys(old, NEW), await with_keys(NEW, old)
    await post_batch(service.ct, *(a_sign_up(n) for n in range(1, 121)))
    stop, sent = asyncio.Event(), []

    async def sign_up(client: httpx.AsyncClient, numbers: Iterable[int]) -> None:
        for n in numbers:
            if stop.is_set():
                return
            health, voluntary = (
                a_sign_up(n, external_ref=f"N-{n}"),
                a_voluntary_sign_up(n % 120 + 1, external_ref=f"V-{n}"),
            )
            sent.append(await post(client, health, f"n-{n}"))
            sent.append(await post(client, voluntary, f"v-{n}"))

    going_on = [asyncio.create_task(sign_up(c, count(1000 * k))) for k, c in enumerate((between, after), start=1)]
    done = await rotate(service.runtime.database, PeopleKeys([NEW, old]), page_rows=7)
    stop.set()
    await asyncio.gather(*going_on)
    assert done.participants >= 120
    assert done.indexes_removed == 0
    assert {answer.status_code for answer in sent} <= {201, 409}
    rest = await rotate(service.runtime.database, PeopleKeys([NEW, old]))
    assert rest.left == 0
    assert await opened_by(service, NEW) > 240
    again = await post_batch(between, *(a_sign_up(n, external_ref=f"again-{n}") for n in range(1, 121)))
    assert {answer["status"] for answer in again} == {409}


async def test_after_the_old_key_is_removed_everybody_is_found_and_its_indexes_go(
    service: Service, with_keys: WithKeys
) -> None:
    old = old_key(service)
    first = (await post(service.ct, a_sign_up(1))).json()
    await post_batch(service.ct, *(a_sign_up(n) for n in range(2, 11)))
    assert await rotate(service.runtime.database, PeopleKeys([NEW, old])) == Rotated(10, 10, 0, 0)
    assert await index_keys(service) == {index_key_of(old): 10, index_key_of(NEW): 10}
    assert await rotate(service.runtime.database, PeopleKeys([NEW])) == Rotated(0, 0, 10, 0)
    assert await index_keys(service) == {index_key_of(NEW): 10}
    new_alone = await with_keys(NEW)
    answers = await post_batch(new_alone, *(a_sign_up(n, external_ref=f"again-{n}") for n in range(1, 11)))
    assert {answer["status"] for answer in answers} == {409}
    replayed = await post(new_alone, a_sign_up(1))
    assert (replayed.json()["id"], replayed.headers["idempotent-replayed"]) == (first["id"], "true")


class Stopped(Exception):
    """The process ended."""


class StoppedAtTheFifth(PeopleKeys):
    """The process ends while it seals the fifth participant."""

    sealed = 0

    def seal_participant(self, participant_id: UUID, person: Participant) -> bytes:
        self.sealed += 1
        if self.sealed == 5:
            raise Stopped
        return super().seal_participant(participant_id, person)


async def test_a_rotation_that_was_stopped_goes_on_where_it_was(service: Service) -> None:
    old = old_key(service)
    await post_batch(service.ct, *(a_sign_up(n) for n in range(1, 11)))
    with pytest.raises(Stopped):
        await rotate(service.runtime.database, StoppedAtTheFifth([NEW, old]), page_rows=2)
    assert await rotate(service.runtime.database, PeopleKeys([NEW, old])) == Rotated(6, 10, 0, 0)
    assert await opened_by(service, NEW) == 20


async def test_without_the_old_key_nothing_is_changed(service: Service) -> None:
    await post_batch(service.ct, a_sign_up(1), a_sign_up(2))
    before = await service.rows("SELECT * FROM participants, participant_indexes ORDER BY 1, 4")
    with pytest.raises(SecretLost, match="put it back"):
        await rotate(service.runtime.database, PeopleKeys([NEW]))
    assert await service.rows("SELECT * FROM participants, participant_indexes ORDER BY 1, 4") == before


async def test_who_was_corrected_under_a_new_key_is_found_by_it(service: Service, with_keys: WithKeys) -> None:
    """A rotation passes over what the first key has sealed."""
    old = old_key(service)
    enrolment = (await post(service.ct, a_sign_up())).json()
    body = {"version": 1, "reason": "As on the card", "changes": {"participant": {"full_name": "Nguyễn Văn Ân"}}}
    other = await with_keys(NEW, old)
    assert (await other.post(f"/v1/enrolments/{enrolment['id']}/correction", json=body)).status_code == 200
    assert await rotate(service.runtime.database, PeopleKeys([NEW, old])) == Rotated(0, 0, 0, 0)
    again = a_voluntary_sign_up(1, external_ref="CT-0002", participant=a_participant())
    assert (await post(await with_keys(NEW), again, "key-2")).status_code == 201
    assert len(await service.rows("SELECT id FROM participants")) == 1


async def test_a_process_with_other_keys_records_nothing_and_is_not_ready(
    service: Service, with_keys: WithKeys
) -> None:
    assert (await (await with_keys(NEW)).get("/health/ready")).status_code == 200
    await post(service.ct, a_sign_up(1))
    other = await with_keys(NEW)
    ready = await other.get("/health/ready")
    assert (ready.status_code, "not among DRIVE_SECRET_KEYS" in ready.json()["checks"]["keys"]) == (503, True)
    refused = await post(other, a_sign_up(2), "key-2")
    assert (refused.status_code, "not among DRIVE_SECRET_KEYS" in refused.json()["detail"]) == (503, True)
    [taken] = await post_batch(service.ct, a_sign_up(2))
    assert taken["status"] == 201


async def test_a_process_that_was_left_with_the_old_key_records_nothing_once_its_indexes_are_gone(
    service: Service,
) -> None:
    """It has seen that its key is the right one, and would take everybody for new from now on."""
    old = old_key(service)
    await post(service.ct, a_sign_up(1))
    await rotate(service.runtime.database, PeopleKeys([NEW, old]))
    await rotate(service.runtime.database, PeopleKeys([NEW]))
    refused = await post(service.ct, a_sign_up(1, external_ref="again"), "key-2")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (503, "unavailable")
    assert "DRIVE_SECRET_KEYS" in refused.json()["detail"]
    assert await service.rows("SELECT count(*) AS n FROM participants") == [{"n": 1}]
