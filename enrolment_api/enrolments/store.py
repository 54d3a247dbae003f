"""Statements of sign-ups that take part in recording them; each takes a whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from enrolment_api.domain.cover import LOOK_BACK_DAYS, Cover
from enrolment_api.domain.enrolment import Enrolment, KnownCodes
from enrolment_api.domain.household import HouseholdKey, household_of
from enrolment_api.domain.registry import Stay
from enrolment_api.domain.sign_up import SignUp
from enrolment_api.domain.stays import Employment
from enrolment_api.domain.succession import Validity
from enrolment_api.enrolments import sql
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.enrolments.rows import enrolment_of, row_of
from enrolment_api.registry.queries import units_above
from enrolment_api.registry.sql import UNITS_ABOVE
from enrolment_api.tables.enrolments import EnrolmentRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import columns_of, insert_many, table_of


@dataclass(frozen=True, slots=True)
class ExistingEnrolment:
    """What a reference or a key already stands for."""

    enrolment: Enrolment
    fingerprint: bytes
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """The covers of each sign-up's person, by its place in the list, the members of each household, and for how many
    months the state has supported the person of a sign-up in voluntary insurance."""

    covers: dict[int, list[Cover]] = field(default_factory=dict)
    members: dict[HouseholdKey, dict[int, str]] = field(default_factory=dict)
    supported_months: dict[int, int] = field(default_factory=dict)


_LOOK_BACK: Final = timedelta(days=LOOK_BACK_DAYS)
INSERT: Final = insert_many(EnrolmentRow).on_conflict_do_nothing().returning(table_of(EnrolmentRow).c.id)
EXISTING: Final = select(EnrolmentRow).from_statement(sql.EXISTING)


async def known_codes(work: UnitOfWork, sign_ups: Sequence[SignUp], *, with_above: bool) -> KnownCodes:
    """What the registry knows of the units and collectors that these name, in whatever case, and where it is asked for,
    which units are above."""
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
    above = units_above(await work.all(UNITS_ABOVE, {"codes": list(units)})) if with_above else {}
    return KnownCodes(units, {code: Employment(found) for code, found in stays.items()}, above)


async def known_of(work: UnitOfWork, sign_ups: Sequence[SignUp], but_for: Sequence[UUID] = ()) -> KnownPeople:
    """What is known of the people of these and of their households, as far as it may decide something; `but_for` are
    the enrolments that the sign-ups are to take the place of."""
    households = [household_of(sign_up) for sign_up in sign_ups]
    known = KnownPeople()
    for fact in await work.all(sql.KNOWN, {**_wanted(sign_ups, households), "but_for": list(but_for)}):
        household = households[fact.place - 1]
        if fact.covered_from and fact.covered_to:
            known.covers.setdefault(fact.place - 1, []).append(Cover(fact.covered_from, fact.covered_to))
        elif household and fact.member_no and fact.personal_id:
            known.members.setdefault(household, {})[fact.member_no] = fact.personal_id
        elif fact.supported_months:
            known.supported_months[fact.place - 1] = fact.supported_months
    return known


def _wanted(sign_ups: Sequence[SignUp], households: Sequence[HouseholdKey | None]) -> dict[str, list[Any]]:
    return {
        "people": [int(s.participant.personal_id) for s in sign_ups],
        "schemes": [s.scheme for s in sign_ups],
        "since": [s.signed_on - _LOOK_BACK for s in sign_ups],
        "organisations": [s.organisation_code for s in sign_ups],
        "households": [household and household.household_code for household in households],
        "years": [s.signed_on.year for s in sign_ups],
    }


async def insert(
    work: UnitOfWork, accepted: Sequence[tuple[EnrolmentRequest, Enrolment]], checksums: Mapping[UUID, int]
) -> set[UUID]:
    """Insert all that conflict with nothing that is there; returns which were inserted.

    Rows go in by person and scheme: see `tables.locks`.
    """
    if not accepted:
        return set()
    in_order = sorted(accepted, key=lambda pair: (pair[1].sign_up.participant.personal_id, pair[1].sign_up.scheme))
    rows = [row_of(request, enrolment, checksums[enrolment.id]) for request, enrolment in in_order]
    return set(await work.scalars(INSERT, columns_of(rows)))


async def find_existing(work: UnitOfWork, requests: Sequence[EnrolmentRequest]) -> list[ExistingEnrolment]:
    """What the references and the keys of these already stand for."""
    wanted: dict[str, Any] = {
        "organisations": [r.sign_up.organisation_code for r in requests],
        "refs": [r.sign_up.external_ref for r in requests],
        "keys": [r.idempotency_key for r in requests],
    }
    rows: Sequence[EnrolmentRow] = (await work.scalars(EXISTING, wanted)).all()
    return [ExistingEnrolment(enrolment_of(row), row.fingerprint, row.idempotency_key) for row in rows]
