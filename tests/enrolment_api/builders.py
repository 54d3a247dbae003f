"""Sign-ups for the tests of rules, right in every respect but for what a test changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from enrolment_api.domain.known_codes import KnownCodes
from enrolment_api.domain.registry import Stay
from enrolment_api.domain.sign_up import Participant, SignUp
from enrolment_api.domain.stays import Employment
from enrolment_api.domain.succession import Validity

REGISTRY = KnownCodes(
    {
        "38": Validity("province"),
        "BHXH-CT": Validity("insurance_unit"),
        "15142": Validity("commune"),
        "15142-01": Validity("village"),
    },
    {"CT-07": Employment((Stay("CT"),)), "NL-01": Employment((Stay("NL"),))},
)


def a_person(**changes: Any) -> Participant:
    """A man born in 1980."""
    person = Participant("Nguyễn Văn An", date(1980, 2, 3), "male", "038080012345", "3820012345", "0912345678")
    return replace(person, **changes)


def a_health_sign_up(**changes: Any) -> SignUp:
    """The first member of a household, for a year."""
    sign_up = SignUp(
        organisation_code="CT",
        external_ref="CT-0001",
        scheme="household_health",
        unit_code="15142",
        collector_code="CT-07",
        signed_on=date(2025, 10, 25),
        months=12,
        amount_paid=1_263_600,
        receipt_no=None,
        participant=a_person(),
        household_code="HH-1",
        member_no=1,
        monthly_income=None,
        support_group="none",
        channel=None,
        campaign_code=None,
        payment=None,
    )
    return replace(sign_up, **changes)


def a_voluntary_sign_up(**changes: Any) -> SignUp:
    """A month on the lowest income."""
    voluntary = a_health_sign_up(
        scheme="voluntary_social",
        household_code=None,
        member_no=None,
        months=1,
        monthly_income=1_500_000,
        amount_paid=264_000,
    )
    return replace(voluntary, **changes)
