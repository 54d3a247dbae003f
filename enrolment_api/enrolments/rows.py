"""Between an enrolment and its row."""

from __future__ import annotations

from typing import Any

from enrolment_api.domain.contribution import Contribution
from enrolment_api.domain.enrolment import Decision, Enrolment
from enrolment_api.domain.sign_up import SignUp
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.enrolments import EnrolmentRow


def row_of(request: EnrolmentRequest, enrolment: Enrolment, checksum: int, keys: PeopleKeys) -> dict[str, Any]:
    """The columns of a sign-up that is recorded on this request."""
    return {
        **columns_of_enrolment(enrolment, keys),
        "idempotency_key": request.idempotency_key,
        "checksum": checksum,
    }


def columns_of_enrolment(enrolment: Enrolment, keys: PeopleKeys) -> dict[str, Any]:
    """The columns that the enrolment itself says."""
    sign_up, decision = enrolment.sign_up, enrolment.decision
    contribution = decision.contribution
    return {
        "id": enrolment.id,
        "organisation_code": sign_up.organisation_code,
        "external_ref": sign_up.external_ref,
        "scheme": sign_up.scheme,
        "kind": decision.kind,
        "status": enrolment.status,
        "unit_code": sign_up.unit_code,
        "collector_code": sign_up.collector_code,
        "signed_on": sign_up.signed_on,
        "months": sign_up.months,
        "amount_paid": sign_up.amount_paid,
        "receipt_no": sign_up.receipt_no,
        "participant_id": enrolment.participant_id,
        "sealed": keys.seal_sign_up(enrolment.id, sign_up.participant, enrolment.fingerprint),
        "household_code": sign_up.household_code,
        "member_no": sign_up.member_no,
        "monthly_income": sign_up.monthly_income,
        "support_group": sign_up.support_group,
        "channel": sign_up.channel,
        "campaign_code": sign_up.campaign_code,
        "payment": sign_up.payment,
        "covered_from": decision.covered_from,
        "covered_to": decision.covered_to,
        "due": contribution.due,
        "state_support": contribution.state_support,
        "local_support": contribution.local_support,
        "supported_months": contribution.supported_months,
        "payable": contribution.payable,
        "recorded_at": enrolment.recorded_at,
        "joins_household": decision.joins_household,
        "expected_member_no": decision.expected_member_no,
        "ended_unit_code": decision.ended_unit_code,
        "version": enrolment.version,
        "facts_version": enrolment.facts_version,
    }


def enrolment_of(row: EnrolmentRow, keys: PeopleKeys) -> Enrolment:
    """The enrolment in a row. Raises SecretLost where no key opens it."""
    person, fingerprint = keys.open_sign_up(row.id, row.sealed)
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
        participant=person,
        household_code=row.household_code,
        member_no=row.member_no,
        monthly_income=row.monthly_income,
        support_group=row.support_group,
        channel=row.channel,
        campaign_code=row.campaign_code,
        payment=row.payment,
    )
    contribution = Contribution(row.due, row.state_support, row.local_support, row.payable, row.supported_months)
    special = (row.joins_household, row.expected_member_no, row.ended_unit_code)
    decision = Decision(row.kind, row.covered_from, row.covered_to, contribution, *special)
    return Enrolment(
        id=row.id,
        participant_id=row.participant_id,
        sign_up=sign_up,
        decision=decision,
        status=row.status,
        recorded_at=row.recorded_at,
        fingerprint=fingerprint,
        version=row.version,
        facts_version=row.facts_version,
    )
