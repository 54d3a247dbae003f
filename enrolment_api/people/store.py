"""Statements that make participants, and change them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid, bindparam, delete, select, update

from enrolment_api.domain.sign_up import Participant
from enrolment_api.people import sql
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.people import ParticipantIndexRow, ParticipantRow
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, insert_many, table_of

_p, _i = table_of(ParticipantRow), table_of(ParticipantIndexRow)
REDIRECT: Final = (
    update(_i)
    .where(_i.c.blind_index == among("indexes", LargeBinary()), _i.c.participant_id == bindparam("ours", type_=Uuid))
    .values(participant_id=bindparam("owner", type_=Uuid))
)
"""Only rows that this unit of work has made: it waits for nobody."""
OWNERS: Final = select(_i.c.blind_index, _i.c.participant_id).where(_i.c.blind_index == among("indexes", LargeBinary()))
INDEX: Final = insert_many(ParticipantIndexRow).on_conflict_do_nothing()
REMOVE: Final = delete(_p).where(_p.c.id == among("ids", Uuid()))
REMOVE_INDEXES: Final = delete(_i).where(_i.c.blind_index == among("indexes", LargeBinary()))
LOCKED: Final = select(_p.c.id).where(_p.c.id == among("ids", Uuid())).order_by(_p.c.id).with_for_update(key_share=True)
SAVE: Final = (
    update(_p)
    .where(_p.c.id == bindparam("participant_id", type_=Uuid))
    .values(sealed=bindparam("new_sealed", type_=LargeBinary), version=_p.c.version + 1)
)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a sign-up is of: the participant, and the indexes by which they are found. `sealed` is as it is stored; None
    where the person is not known yet, and `id` is the one that they get when their sign-up is recorded."""

    id: UUID
    indexes: Sequence[bytes]
    sealed: bytes | None = None


async def make(
    work: UnitOfWork, keys: PeopleKeys, people: Mapping[UUID, tuple[Person, Participant]]
) -> dict[UUID, UUID]:
    """Make participants of people who are not known yet, by their ids.

    Returns the ids to use instead, of those whom somebody else has made since they were looked for.
    """
    if not people:
        return {}
    columns = sorted(
        (index, key_id, person.id)
        for person, _ in people.values()
        for index, key_id in zip(person.indexes, keys.index_key_ids, strict=True)
    )
    found = await work.all(
        sql.MAKE,
        {
            "indexes": [index for index, _, _ in columns],
            "key_ids": [key_id for _, key_id, _ in columns],
            "owners": [owner for _, _, owner in columns],
            "ids": list(people),
            "sealed": [keys.seal_participant(person.id, named) for person, named in people.values()],
        },
    )
    return await _give_way(work, {each.blind_index: each.participant_id for each in found}, people) if found else {}


async def _give_way(
    work: UnitOfWork, taken: Mapping[bytes, UUID], people: Mapping[UUID, tuple[Person, Participant]]
) -> dict[UUID, UUID]:
    """A person found under one key is found under all: where some of the indexes were free, they are the other's."""
    instead = {}
    for person, _ in people.values():
        if owners := [taken[index] for index in person.indexes if index in taken]:
            instead[person.id] = owners[0]
            if len(owners) < len(person.indexes):
                await work.execute(REDIRECT, {"indexes": list(person.indexes), "ours": person.id, "owner": owners[0]})
    await work.execute(REMOVE, {"ids": list(instead)})
    return instead


async def forget(work: UnitOfWork, people: Collection[Person]) -> None:
    """Remove participants that this unit of work has made, and recorded nothing of."""
    if people:
        await work.execute(REMOVE_INDEXES, {"indexes": sorted(index for person in people for index in person.indexes)})
        await work.execute(REMOVE, {"ids": sorted(person.id for person in people)})


async def lock(work: UnitOfWork, ids: Collection[UUID]) -> None:
    """Lock these participants in the order of their ids: nobody else changes who they are."""
    await work.execute(LOCKED, {"ids": list(ids)})


async def add_unindexed(work: UnitOfWork, keys: PeopleKeys, person: Participant) -> UUID:
    """A further participant, whom nobody finds by a personal ID, since that is somebody else's. Returns the id."""
    participant_id = new_id()
    await work.add(ParticipantRow(id=participant_id, sealed=keys.seal_participant(participant_id, person)))
    return participant_id


async def index(work: UnitOfWork, keys: PeopleKeys, personal_ids: Mapping[UUID, str]) -> None:
    """Index participants, by their ids, under every present key; what is there stays. Nobody is indexed by an ID that
    is another's under any key: it was given to that one, see `domain.identity`."""
    indexes = {participant_id: keys.indexes_of(personal_id) for participant_id, personal_id in personal_ids.items()}
    found = await work.execute(OWNERS, {"indexes": [each for of_one in indexes.values() for each in of_one]})
    owners = {row.blind_index: row.participant_id for row in found}
    rows = sorted(
        (blind_index, key_id, participant_id)
        for participant_id, of_one in indexes.items()
        if all(owners.get(each, participant_id) == participant_id for each in of_one)
        for blind_index, key_id in zip(of_one, keys.index_key_ids, strict=True)
    )
    names = ("blind_index", "key_id", "participant_id")
    if rows:
        await work.execute(INDEX, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


async def save(work: UnitOfWork, keys: PeopleKeys, participant_id: UUID, person: Participant) -> None:
    """Store what is known of the participant now. What is sealed with the first key is indexed under it."""
    await work.execute(
        SAVE, {"participant_id": participant_id, "new_sealed": keys.seal_participant(participant_id, person)}
    )
    await index(work, keys, {participant_id: person.personal_id})
