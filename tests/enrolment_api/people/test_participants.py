"""A person is one participant, whoever signs them up for whatever, and in whichever process."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from enrolment_api.domain.sign_up import Participant
from enrolment_api.people import store
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.people.store import Person, make
from services.ids import new_id
from services.persistence.driver_errors import Overtaken
from services.security.keys import load_secret_keys
from services.security.sealing import SecretLost
from tests.enrolment_api.builders import a_person
from tests.enrolment_api.conftest import (
    Service,
    WithKeys,
    a_participant,
    a_sign_up,
    a_voluntary_sign_up,
    post,
    post_batch,
)
from tests.support.waiting import eventually


def keys_of(service: Service) -> PeopleKeys:
    return PeopleKeys(load_secret_keys(service.runtime.settings))


async def participants(service: Service) -> list[Participant]:
    """Everybody, opened, as far as they can be found by their personal ID."""
    keys = keys_of(service)
    rows = await service.rows("SELECT id, sealed FROM participants ORDER BY id")
    people = {row["id"]: keys.open_participant(row["id"], row["sealed"]) for row in rows}
    owners = {i["blind_index"]: i["participant_id"] for i in await service.rows("SELECT * FROM participant_indexes")}
    found = {index: key for key, person in people.items() for index in keys.indexes_of(person.personal_id)}
    assert found == owners
    return list(people.values())


async def participant_ids(service: Service) -> list[Any]:
    """Of each sign-up, in the order of references."""
    rows = await service.rows("SELECT participant_id FROM enrolments ORDER BY external_ref")
    return [row["participant_id"] for row in rows]


async def correct(service: Service, enrolment: dict[str, Any], **changes: Any) -> None:
    """Correct the person of a sign-up."""
    body = {"version": enrolment["version"], "reason": "As on the card", "changes": {"participant": changes}}
    answer = await service.ct.post(f"/v1/enrolments/{enrolment['id']}/correction", json=body)
    assert answer.status_code == 200, answer.text


async def test_sign_ups_of_both_schemes_and_organisations_are_of_one_participant(service: Service) -> None:
    await post(service.ct, a_sign_up())
    of_nl = a_voluntary_sign_up(external_ref="NL-1", collector_code="NL-01", participant=a_participant())
    typed = a_participant(personal_id="038.080 000-001", full_name="NGUYỄN VĂN AN", phone=None)
    assert (await post(service.nl, of_nl | {"participant": typed})).status_code == 201
    assert len(await service.rows("SELECT id FROM enrolments")) == 2
    assert len(set(await participant_ids(service))) == 1
    [person] = await participants(service)
    assert (person.full_name, person.phone) == ("Nguyễn Văn An", "0912345678")


async def test_who_is_new_and_in_a_batch_twice_is_one_participant(service: Service) -> None:
    health, voluntary = a_sign_up(1), a_voluntary_sign_up(1, external_ref="CT-0002")
    answers = await post_batch(service.ct, health, voluntary, a_sign_up(3))
    assert [answer["status"] for answer in answers] == [201] * 3
    first, second, third = await participant_ids(service)
    assert first == second != third
    assert len(await participants(service)) == 2


@pytest.mark.parametrize(
    "refused",
    [
        a_sign_up(2, amount_paid=1),
        a_sign_up(2, external_ref="CT-0001"),
        a_sign_up(2, household={"code": "15142-HH-0001", "member_no": 1}),
    ],
    ids=["wrong amount", "reference taken", "number taken"],
)
async def test_of_whom_nothing_was_recorded_nothing_is_kept(service: Service, refused: dict[str, Any]) -> None:
    await post(service.ct, a_sign_up(1))
    [answer] = await post_batch(service.ct, refused)
    assert answer["status"] in {409, 422}
    [person] = await participants(service)
    assert person.personal_id == "038080000001"


async def test_whose_other_sign_up_was_recorded_stays_a_participant(service: Service) -> None:
    await post(service.ct, a_sign_up(1))
    taken, other = a_sign_up(2, external_ref="CT-0001"), a_voluntary_sign_up(2, external_ref="CT-0002")
    assert [answer["status"] for answer in await post_batch(service.ct, taken, other)] == [409, 201]
    assert len(await participants(service)) == 2


async def test_a_corrected_name_is_the_participants(service: Service) -> None:
    enrolment = (await post(service.ct, a_sign_up())).json()
    [before] = await participant_ids(service)
    await correct(service, enrolment, full_name="Nguyễn Văn Ân")
    assert await participant_ids(service) == [before]
    [person] = await participants(service)
    assert person.full_name == "Nguyễn Văn Ân"


async def test_a_corrected_personal_id_makes_the_sign_up_another_participants(service: Service) -> None:
    await post(service.ct, a_voluntary_sign_up(2))
    enrolment = (await post(service.ct, a_sign_up(1), "key-2")).json()
    await correct(service, enrolment, personal_id="038080000002")
    first, second = await participant_ids(service)
    assert first == second
    shown = (await service.ct.get(f"/v1/enrolments/{enrolment['id']}")).json()
    assert shown["participant"]["personal_id"].endswith("002")
    await correct(service, shown, personal_id="038080000003")
    assert len(set(await participant_ids(service))) == 2
    replayed = await post(service.ct, a_sign_up(1), "key-2")
    assert replayed.headers["idempotent-replayed"] == "true"


async def test_a_row_that_was_put_in_the_place_of_another_is_not_opened(service: Service) -> None:
    await post_batch(service.ct, a_sign_up(1), a_sign_up(2))
    first, second = await service.rows("SELECT id, sealed FROM enrolments ORDER BY external_ref")
    keys = keys_of(service)
    keys.open_sign_up(first["id"], first["sealed"])
    with pytest.raises(SecretLost):
        keys.open_sign_up(first["id"], second["sealed"])
    with pytest.raises(SecretLost):
        keys.open_participant(first["id"], first["sealed"])


NEW, NEWER = b"n" * 32, b"m" * 32
PEOPLE = range(1, 41)


@pytest.mark.parametrize(
    "of_processes",
    [
        lambda old: ([old], [old, NEW]),
        lambda old: ([old, NEW], [NEW, old]),
        lambda old: ([old, NEW], [NEW, old, NEWER]),
    ],
    ids=["a key is added", "another is first", "the next is added meanwhile"],
)
async def test_processes_that_share_a_key_make_one_participant_of_a_person(
    service: Service, with_keys: WithKeys, of_processes: Any
) -> None:
    [old] = load_secret_keys(service.runtime.settings)
    one, other = [await with_keys(*keys) for keys in of_processes(old)]
    health = [a_sign_up(n, external_ref=f"H-{n}") for n in PEOPLE]
    voluntary = [a_voluntary_sign_up(n, external_ref=f"V-{n}") for n in reversed(PEOPLE)]
    sent = [(one, each) for each in health] + [(other, each) for each in voluntary]
    answers = await asyncio.gather(*(post(client, each, each["external_ref"]) for client, each in sent))
    assert {answer.status_code for answer in answers} == {201}
    assert len(set(await participant_ids(service))) == len(PEOPLE)
    assert len(await service.rows("SELECT id FROM participants")) == len(PEOPLE)
    owners = await service.rows(
        "SELECT p.id FROM participant_indexes i LEFT JOIN participants p ON p.id = i.participant_id"
    )
    assert {owner["id"] for owner in owners} == set(await participant_ids(service))
    again = await post_batch(other, *(a_sign_up(n, external_ref=f"again-{n}") for n in PEOPLE))
    assert {answer["status"] for answer in again} == {409}


async def waiting(service: Service) -> int:
    """How many sessions wait for a lock."""
    sessions = await service.rows(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return int(sessions[0]["n"])


async def test_whom_a_process_of_fewer_keys_makes_meanwhile_is_waited_for(
    service: Service, with_keys: WithKeys
) -> None:
    """Its index under the key that they share is taken, the other is free: both become the same participant's."""
    [old] = load_secret_keys(service.runtime.settings)
    keys, other = keys_of(service), await with_keys(NEW, old)
    made = Person(new_id(), keys.indexes_of("038080000001"))

    async with service.runtime.database.write() as work:
        assert await make(work, keys, {made.id: (made, a_person())}) == {}
        answer = asyncio.create_task(post(other, a_sign_up(1)))
        await eventually(lambda: waiting(service), 1)
    assert (await answer).status_code == 201
    assert await participant_ids(service) == [made.id]
    assert await service.rows("SELECT id FROM participants") == [{"id": made.id}]
    owners = await service.rows("SELECT participant_id AS id FROM participant_indexes")
    assert owners == [{"id": made.id}] * 2


async def test_a_deadlock_with_another_process_refuses_nothing(service: Service) -> None:
    """Each holds the index of one person, and waits for that of the other."""
    keys = keys_of(service)
    ids = sorted((f"03808000000{n}" for n in (1, 2)), key=keys.indexes_of)
    first, second = (Person(new_id(), keys.indexes_of(personal_id)) for personal_id in ids)
    sign_ups = [a_sign_up(n, participant=a_participant(n)) for n in (1, 2)]
    with suppress(Overtaken):  # PostgreSQL ends whichever it looks at first: on a busy machine it may be this one
        async with service.runtime.database.write() as work:
            await make(work, keys, {second.id: (second, a_person(personal_id=ids[1]))})
            answers = asyncio.create_task(post_batch(service.ct, *sign_ups))
            await eventually(lambda: waiting(service), 1)
            await make(work, keys, {first.id: (first, a_person(personal_id=ids[0]))})
    assert [answer["status"] for answer in await answers] == [201, 201]
    assert len(set(await participant_ids(service))) == 2


async def test_a_correction_to_an_id_that_somebody_else_records_meanwhile_is_sent_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = (await post(service.ct, a_sign_up(1))).json()
    theirs = a_sign_up(
        2, external_ref="NL-2", collector_code="NL-01", participant=a_participant(2, full_name="Lê Thị B")
    )
    make, clients = store.make, [service.nl]

    async def overtaken(*arguments: Any) -> Any:
        if clients:
            assert (await post(clients.pop(), theirs, "key-2")).status_code == 201
        return await make(*arguments)

    monkeypatch.setattr(store, "make", overtaken)
    body = {"version": 1, "reason": "As on the card", "changes": {"participant": {"personal_id": "038080000002"}}}
    path = f"/v1/enrolments/{enrolment['id']}/correction"
    answers = [await service.ct.post(path, json=body) for _ in range(2)]
    assert [answer.json()["type"].rpartition("/")[2] for answer in answers] == ["conflict", "identity-mismatch"]
