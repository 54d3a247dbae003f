"""Statements of sign-ups that take part in recording them; each takes a whole batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import select

from enrolment_api.domain.cover import LOOK_BACK_DAYS, Cover
from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.domain.household import HouseholdKey, Members, Membership, household_of
from enrolment_api.domain.identity import agrees
from enrolment_api.domain.known_codes import KnownCodes
from enrolment_api.domain.registry import Stay
from enrolment_api.domain.sign_up import Participant, SignUp
from enrolment_api.domain.stays import Employment
from enrolment_api.domain.succession import Validity
from enrolment_api.enrolments import sql
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.enrolments.rows import enrolment_of, row_of
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.people.queries import verify_indexes, verify_keys
from enrolment_api.people.store import Person, lock
from enrolment_api.registry.queries import units_above
from enrolment_api.registry.sql import UNITS_ABOVE
from enrolment_api.tables.enrolments import EnrolmentRow
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import columns_of, insert_many, table_of
from services.security.sealing import SecretLost

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ExistingEnrolment:
    """What a reference or a key already stands for."""

    enrolment: Enrolment
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """The person and the covers of each sign-up, by its place in the list, the members of each household, and for how
    many months the state has supported the person of a sign-up in voluntary insurance.

    `own_covers` are those of `covers` that are through the organisation of the sign-up; `named` is who is known for the
    personal ID, where somebody is. `nobodys` are the participants whom nobody is signed up as any more: they become
    whom the sign-up names, which differs from whoever they were, and is compared with nobody.
    """

    people: Sequence[Person]
    named: Mapping[int, Participant] = field(default_factory=dict)
    covers: dict[int, set[Cover]] = field(default_factory=dict)
    own_covers: dict[int, set[Cover]] = field(default_factory=dict)
    households: dict[HouseholdKey, dict[int, UUID]] = field(default_factory=dict)
    supported_months: dict[int, int] = field(default_factory=dict)
    nobodys: Collection[UUID] = ()

    def members(self, place: int, household: HouseholdKey | None, left: Membership | None = None) -> Members:
        """Those of the household of the sign-up in this place; `left` is what the sign-up had been before, if any."""
        joined = self.households.get(household, {}) if household else {}
        held = left.number if left and left.household == household else None
        return Members(self.people[place].id, joined, held)

    def own_covers_of_another(self, place: int, sign_up: SignUp) -> Collection[Cover] | None:
        """Where the sign-up in this place names another person than is known: the covers through its organisation."""
        known = self.named.get(place)
        if known is None or agrees(known, sign_up.participant):
            return None
        return self.own_covers.get(place, ())

    def supported_before(self, place: int, *, is_another: bool) -> int:
        """For how many months the person of the sign-up in this place was supported; 0 where it is another than the one
        who is known, since the amount that is payable would tell."""
        return 0 if is_another else self.supported_months.get(place, 0)

    def join(self, place: int, household: HouseholdKey, member_no: int) -> None:
        """The person of the sign-up in this place becomes a member."""
        self.households.setdefault(household, {})[member_no] = self.people[place].id


_LOOK_BACK: Final = timedelta(days=LOOK_BACK_DAYS)
INSERT: Final = insert_many(EnrolmentRow).on_conflict_do_nothing().returning(table_of(EnrolmentRow).c.id)
EXISTING: Final = select(EnrolmentRow).from_statement(sql.EXISTING)


async def known_codes(work: UnitOfWork, sign_ups: Sequence[SignUp], *, with_above: bool) -> KnownCodes:
    """What the registry knows of the units and collectors that these name, in whatever case, and where it is asked for,
    which units are above on their days."""
    codes = {
        "units": list({s.unit_code.upper() for s in sign_ups}),
        "collectors": list({s.collector_code.upper() for s in sign_ups}),
    }
    units: dict[str, Validity] = {}
    stays: dict[str, tuple[Stay, ...]] = {}
    for each in await work.all(sql.REGISTERED_CODES, codes):
        if each.kind == "unit":
            units[each.code] = Validity(each.value, each.first, each.last, tuple(each.successors or ()))
        else:
            stays[each.code] = (*stays.get(each.code, ()), Stay(each.value, each.first, each.last))
    known = KnownCodes(units, {code: Employment(found) for code, found in stays.items()})
    return await _with_above(work, known, sign_ups) if with_above else known


async def _with_above(work: UnitOfWork, known: KnownCodes, sign_ups: Sequence[SignUp]) -> KnownCodes:
    places = list(known.places(sign_ups))
    asked = {"codes": [code for code, _ in places], "days": [day for _, day in places]}
    return replace(known, units_above=units_above(await work.all(UNITS_ABOVE, asked)))


async def known_of(
    work: UnitOfWork,
    keys: PeopleKeys,
    sign_ups: Sequence[SignUp],
    but_for: Sequence[UUID] = (),
    of_participant: UUID | None = None,
) -> KnownPeople:
    """What is known of the people of these and of their households, as far as it may decide something; `but_for` are
    the enrolments that the sign-ups are to take the place of. `of_participant` is whose they are, where that is known,
    whatever their personal IDs. Raises Unavailable where the keys are not those of the database."""
    if not keys.are_verified:
        await verify_keys(work, keys)
    known = await _read_known(work, keys, sign_ups, but_for, of_participant)
    if all(person.sealed is None for person in known.people):
        await verify_indexes(work, keys)
    if nobodys := await _nobodys(work, known, sign_ups):
        await lock(work, nobodys)  # then read again: somebody may have been signed up as one of them since
        known = await _read_known(work, keys, sign_ups, but_for, of_participant)
        nobodys = await _nobodys(work, known, sign_ups)
    named = {place: who for place, who in known.named.items() if known.people[place].id not in nobodys}
    return replace(known, named=named, nobodys=nobodys)


async def _nobodys(work: UnitOfWork, known: KnownPeople, sign_ups: Sequence[SignUp]) -> set[UUID]:
    """Of the participants who are other people than these sign-ups name: those whom no sign-up is of that was not
    cancelled, and to whom no case has given the ID."""
    others = {
        known.people[place].id for place, who in known.named.items() if not agrees(who, sign_ups[place].participant)
    }
    return {each.id for each in await work.all(sql.NOBODYS, {"ids": list(others)})} if others else set()


async def _read_known(
    work: UnitOfWork,
    keys: PeopleKeys,
    sign_ups: Sequence[SignUp],
    but_for: Sequence[UUID],
    of_participant: UUID | None,
) -> KnownPeople:
    indexes = [keys.indexes_of(sign_up.participant.personal_id) for sign_up in sign_ups]
    households = [household_of(sign_up) for sign_up in sign_ups]
    wanted = _wanted(sign_ups, indexes, households, of_participant)
    facts = await work.all(sql.KNOWN, {**wanted, "but_for": list(but_for)})
    people = _people_of(sign_ups, indexes, facts)
    known = KnownPeople(people, _named(people, keys))
    for fact in facts:
        household = households[fact.place]
        if fact.covered_from and fact.covered_to:
            found = Cover(fact.covered_from, fact.covered_to)
            known.covers.setdefault(fact.place, set()).add(found)
            if fact.organisation_code == sign_ups[fact.place].organisation_code:
                known.own_covers.setdefault(fact.place, set()).add(found)
        elif household and fact.member_no:
            known.households.setdefault(household, {})[fact.member_no] = fact.participant_id
        elif fact.supported_months:
            known.supported_months[fact.place] = fact.supported_months
    return known


def _named(people: Sequence[Person], keys: PeopleKeys) -> dict[int, Participant]:
    """Who is known, by the place of the sign-up. Whom no present key opens is compared with nobody: a process may lack
    a key that others seal with already, and takes sign-ups all the same."""
    named = {}
    for place, person in enumerate(people):
        if person.sealed is not None:
            try:
                named[place] = keys.open_participant(person.id, person.sealed)
            except SecretLost as lost:
                log.warning("participant_unreadable", participant=str(person.id), reason=str(lost))
    return named


def _people_of(
    sign_ups: Sequence[SignUp], indexes: Sequence[Sequence[bytes]], facts: Sequence[sql.KnownFact]
) -> list[Person]:
    """The person of each sign-up: as they are known, else with an id of their own; two sign-ups of one have one."""
    found = {f.place: Person(f.participant_id, indexes[f.place], f.sealed) for f in facts if f.sealed is not None}
    fresh: dict[str, Person] = {}
    people = []
    for place, sign_up in enumerate(sign_ups):
        personal_id = sign_up.participant.personal_id
        if place not in found and personal_id not in fresh:
            fresh[personal_id] = Person(new_id(), indexes[place])
        people.append(found.get(place) or fresh[personal_id])
    return people


def _wanted(
    sign_ups: Sequence[SignUp],
    indexes: Sequence[Sequence[bytes]],
    households: Sequence[HouseholdKey | None],
    of_participant: UUID | None,
) -> dict[str, list[Any]]:
    """A row for each index of each sign-up."""
    rows = [(n, s, index, households[n]) for n, s in enumerate(sign_ups) for index in indexes[n]]
    return {
        "places": [place for place, _, _, _ in rows],
        "indexes": [index for _, _, index, _ in rows],
        "schemes": [s.scheme for _, s, _, _ in rows],
        "since": [s.signed_on - _LOOK_BACK for _, s, _, _ in rows],
        "organisations": [s.organisation_code for _, s, _, _ in rows],
        "households": [household and household.household_code for _, _, _, household in rows],
        "years": [s.signed_on.year for _, s, _, _ in rows],
        "participants": [of_participant] * len(rows),
    }


async def insert(
    work: UnitOfWork,
    keys: PeopleKeys,
    accepted: Sequence[tuple[EnrolmentRequest, Enrolment]],
    checksums: Mapping[UUID, int],
) -> set[UUID]:
    """Insert all that conflict with nothing that is there; returns which were inserted.

    Rows go in by person and scheme: see `tables.locks`.
    """
    if not accepted:
        return set()
    in_order = sorted(accepted, key=lambda pair: (pair[1].sign_up.participant.personal_id, pair[1].sign_up.scheme))
    rows = [row_of(request, enrolment, checksums[enrolment.id], keys) for request, enrolment in in_order]
    return set(await work.scalars(INSERT, columns_of(rows)))


async def find_existing(
    work: UnitOfWork, keys: PeopleKeys, requests: Sequence[EnrolmentRequest]
) -> list[ExistingEnrolment]:
    """What the references and the keys of these already stand for."""
    wanted: dict[str, Any] = {
        "organisations": [r.sign_up.organisation_code for r in requests],
        "refs": [r.sign_up.external_ref for r in requests],
        "keys": [r.idempotency_key for r in requests],
    }
    rows: Sequence[EnrolmentRow] = (await work.scalars(EXISTING, wanted)).all()
    return [ExistingEnrolment(enrolment_of(row, keys), row.idempotency_key) for row in rows]
