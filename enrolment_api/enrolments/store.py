"""The queries of sign-ups: each takes a whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from enrolment_api.domain.contribution import Contribution
from enrolment_api.domain.enrolment import Decision, Enrolment, Registry
from enrolment_api.domain.sign_up import Participant, SignUp
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.tables.enrolments import EnrolmentRow
from services.persistence.unit_of_work import ReadSession, UnitOfWork

_TABLE = EnrolmentRow.metadata.tables["enrolments"]

_REGISTRY = text(
    "SELECT 'u' AS what, code, level AS value FROM units WHERE code = ANY(CAST(:units AS text[]))"
    " UNION ALL SELECT 'c', code, organisation_code FROM collectors WHERE code = ANY(CAST(:collectors AS text[]))"
)
# Written as the exclusion constraint is, so that its index serves.
_LAST_COVERS = text(
    "SELECT w.n, c.covered_to FROM unnest(CAST(:people AS bigint[]), CAST(:schemes AS text[]))"
    " WITH ORDINALITY AS w (person, scheme, n) CROSS JOIN LATERAL (SELECT max(e.covered_to) AS covered_to"
    " FROM enrolments e WHERE e.personal_id::bigint = w.person AND e.scheme = w.scheme AND e.status <> 'cancelled') c"
    " WHERE c.covered_to IS NOT NULL"
)
_EXISTING = text(
    "WITH w AS (SELECT * FROM unnest(CAST(:organisations AS text[]), CAST(:refs AS text[]), CAST(:keys AS text[]))"
    " AS w (organisation_code, external_ref, idempotency_key))"
    " SELECT e.* FROM w JOIN enrolments e USING (organisation_code, external_ref) UNION"
    " SELECT e.* FROM w JOIN enrolments e USING (organisation_code, idempotency_key)"
)


@dataclass(frozen=True, slots=True)
class ExistingEnrolment:
    """What a reference or a key already stands for."""

    enrolment: Enrolment
    fingerprint: bytes
    idempotency_key: str | None


async def load_registry(session: ReadSession, sign_ups: Sequence[SignUp]) -> Registry:
    """What the registry knows of the units and collectors that these name."""
    codes = {"units": list({s.unit_code for s in sign_ups}), "collectors": list({s.collector_code for s in sign_ups})}
    rows = (await session.execute(_REGISTRY, codes)).all()
    return Registry(
        {row.code: row.value for row in rows if row.what == "u"},
        {row.code: row.value for row in rows if row.what == "c"},
    )


async def last_covers(session: ReadSession, sign_ups: Sequence[SignUp]) -> Mapping[int, date]:
    """For each of these whose person had cover by its scheme before: its place, and the last day of that cover."""
    wanted = {"people": [int(s.participant.personal_id) for s in sign_ups], "schemes": [s.scheme for s in sign_ups]}
    return {row.n - 1: row.covered_to for row in await session.execute(_LAST_COVERS, wanted)}


async def insert(
    work: UnitOfWork, accepted: Sequence[tuple[EnrolmentRequest, Enrolment]], checksums: Mapping[UUID, int]
) -> set[UUID]:
    """Insert all that contradict nothing that is there; the answer tells which went in.

    Rows go in by person and scheme, so that two batches that share some wait for each other one way only.
    """
    in_order = sorted(accepted, key=lambda pair: (pair[1].sign_up.participant.personal_id, pair[1].sign_up.scheme))
    rows = [_row(request, enrolment, checksums[enrolment.id]) for request, enrolment in in_order]
    inserted = await work.bulk_insert(_TABLE, rows, on_conflict="DO NOTHING", returning="id")
    return {row.id for row in inserted}


async def find_existing(session: ReadSession, requests: Sequence[EnrolmentRequest]) -> list[ExistingEnrolment]:
    """What the references and the keys of these already stand for."""
    wanted = {
        "organisations": [s.sign_up.organisation_code for s in requests],
        "refs": [s.sign_up.external_ref for s in requests],
        "keys": [s.idempotency_key for s in requests],
    }
    rows = (await session.execute(_EXISTING, wanted)).all()
    return [ExistingEnrolment(enrolment_of(row), bytes(row.fingerprint), row.idempotency_key) for row in rows]


def _row(request: EnrolmentRequest, enrolment: Enrolment, checksum: int) -> dict[str, Any]:
    sign_up, decision = enrolment.sign_up, enrolment.decision
    person, contribution = sign_up.participant, decision.contribution
    return {
        "id": enrolment.id,
        "organisation_code": sign_up.organisation_code,
        "external_ref": sign_up.external_ref,
        "idempotency_key": request.idempotency_key,
        "fingerprint": request.fingerprint,
        "scheme": sign_up.scheme,
        "kind": decision.kind,
        "status": enrolment.status,
        "unit_code": sign_up.unit_code,
        "collector_code": sign_up.collector_code,
        "signed_on": sign_up.signed_on,
        "months": sign_up.months,
        "amount_paid": sign_up.amount_paid,
        "receipt_no": sign_up.receipt_no,
        "full_name": person.full_name,
        "born_on": person.born_on,
        "sex": person.sex,
        "personal_id": person.personal_id,
        "social_insurance_code": person.social_insurance_code,
        "phone": person.phone,
        "household_code": sign_up.household_code,
        "member_no": sign_up.member_no,
        "monthly_income": sign_up.monthly_income,
        "support_group": sign_up.support_group,
        "channel": sign_up.channel,
        "campaign_code": sign_up.campaign_code,
        "covered_from": decision.covered_from,
        "covered_to": decision.covered_to,
        "due": contribution.due,
        "state_support": contribution.state_support,
        "payable": contribution.payable,
        "recorded_at": enrolment.recorded_at,
        "checksum": checksum,
    }


def enrolment_of(row: Any) -> Enrolment:
    """The enrolment in a row, be it of SQLModel or of a statement in text."""
    sign_up = SignUp(
        organisation_code=row.organisation_code,
        external_ref=row.external_ref,
        scheme=row.scheme,
        unit_code=row.unit_code,
        collector_code=row.collector_code,
        signed_on=row.signed_on,
        months=row.months,
        amount_paid=row.amount_paid,
        receipt_no=row.receipt_no,
        participant=Participant(
            row.full_name, row.born_on, row.sex, row.personal_id, row.social_insurance_code, row.phone
        ),
        household_code=row.household_code,
        member_no=row.member_no,
        monthly_income=row.monthly_income,
        support_group=row.support_group,
        channel=row.channel,
        campaign_code=row.campaign_code,
    )
    contribution = Contribution(row.due, row.state_support, row.payable)
    decision = Decision(row.kind, row.covered_from, row.covered_to, contribution)
    return Enrolment(row.id, sign_up, decision, row.status, row.recorded_at)
