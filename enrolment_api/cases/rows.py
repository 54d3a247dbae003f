"""Between a case and its row."""

from __future__ import annotations

from enrolment_api.domain.identity import Case, Claim
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.cases import IdentityCaseRow


def row_of(case: Case, keys: PeopleKeys) -> IdentityCaseRow:
    """The row of a case that is opened."""
    claim = case.claim
    return IdentityCaseRow(
        id=case.id,
        participant_id=claim.participant_id,
        organisation_code=claim.organisation_code,
        collector_code=claim.collector_code,
        external_ref=claim.external_ref,
        sealed=keys.seal_claim(case.id, claim.person),
        opened_at=case.opened_at,
        status=case.status,
        version=case.version,
    )


def case_of(row: IdentityCaseRow, keys: PeopleKeys) -> Case:
    """The case in a row. Raises SecretLost where no key opens it."""
    person = keys.open_claim(row.id, row.sealed)
    claim = Claim(row.participant_id, row.organisation_code, row.collector_code, row.external_ref, person)
    return Case(row.id, claim, row.opened_at, row.status, row.version)
