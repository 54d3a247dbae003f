"""A person as they are shown: in clear, or masked."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, Field

from enrolment_api.domain.sign_up import Participant
from services.shown import ShownName, shown

ShownInsuranceCode: TypeAlias = Annotated[
    str, shown("Social-insurance code, or its last digits", "*******345", maxLength=10)
]
ShownPhone: TypeAlias = Annotated[str, shown("Mobile number, or its last digits", "*******678", maxLength=10)]


class ParticipantView(BaseModel):
    """The person. Without the scope participants:read what identifies them is masked."""

    full_name: ShownName = Field(description="Full name, or initials", examples=["N. V. A."])
    born_on: str = shown("Day of birth, or stars", "****-**-**", maxLength=10)
    sex: str = shown("`male`, `female`, or a star", "*", maxLength=6)
    personal_id: str = shown("Personal ID, or its last digits", "*********345", maxLength=12)
    social_insurance_code: ShownInsuranceCode | None
    phone: ShownPhone | None


def person_view(person: Participant, *, clear: bool) -> ParticipantView:
    """The person; what identifies them is masked unless `clear`."""
    return _clear(person) if clear else _masked(person)


def _clear(person: Participant) -> ParticipantView:
    return ParticipantView(
        full_name=person.full_name,
        born_on=person.born_on.isoformat(),
        sex=person.sex,
        personal_id=person.personal_id,
        social_insurance_code=person.social_insurance_code,
        phone=person.phone,
    )


def _masked(person: Participant) -> ParticipantView:
    """Enough to distinguish two sign-ups on a list, too little to identify the person."""
    return ParticipantView(
        full_name=" ".join(f"{part[0]}." for part in person.full_name.split()),
        born_on="****-**-**",
        sex="*",
        personal_id=_tail(person.personal_id),
        social_insurance_code=person.social_insurance_code and _tail(person.social_insurance_code),
        phone=person.phone and _tail(person.phone),
    )


def _tail(digits: str) -> str:
    return "*" * (len(digits) - 3) + digits[-3:]
