"""Why a sign-up is refused. Each names the field to mend; none repeats personal data."""

from __future__ import annotations

from datetime import date

from services.kernel import Conflict, FieldError, Invalid, Vnd


class UnsupportedMonths(Invalid):
    """The scheme is not paid for that many months at once."""

    code = "unsupported-months"
    title = "The scheme is not paid for that many months"

    def __init__(self, remedy: str) -> None:
        super().__init__(remedy, (FieldError("/months", remedy),))


class IncomeOutOfRange(Invalid):
    """The chosen income is below the poverty line, above the ceiling, or between two steps."""

    code = "income-out-of-range"
    title = "The chosen monthly income cannot be insured"

    def __init__(self, floor: Vnd, ceiling: Vnd, step: Vnd) -> None:
        remedy = f"choose a multiple of {step} VND from {floor} to {ceiling}"
        super().__init__(remedy, (FieldError("/monthly_income", remedy),))


class NoRatesYet(Invalid):
    """The sign-up is older than the oldest rates known."""

    code = "no-rates"
    title = "No rates are known for that day"

    def __init__(self, first_day: date) -> None:
        remedy = f"rates are known from {first_day} on: check signed_on"
        super().__init__(remedy, (FieldError("/signed_on", remedy),))


class SignedInFuture(Invalid):
    """A sign-up cannot be told of before it is signed."""

    code = "signed-in-future"
    title = "The sign-up is dated in the future"

    def __init__(self, today: date) -> None:
        remedy = f"signed_on may be {today} (today in Vietnam) at the latest"
        super().__init__(remedy, (FieldError("/signed_on", remedy),))


class NotOfAge(Invalid):
    """Voluntary social insurance is for those who are 15 or older (Law 41/2024 Art. 2)."""

    code = "not-of-age"
    title = "The participant's age does not allow this scheme"

    def __init__(self, remedy: str) -> None:
        super().__init__(remedy, (FieldError("/participant/born_on", remedy),))


class UnknownUnit(Invalid):
    """No such unit is registered."""

    code = "unknown-unit"
    title = "The unit is not registered"

    def __init__(self, unit_code: str, pointer: str = "/unit_code") -> None:
        remedy = f"no unit {unit_code} is registered: check the code, or register the unit first"
        super().__init__(remedy, (FieldError(pointer, remedy),))


class UnitTooLarge(Invalid):
    """Sign-ups are counted for communes and villages."""

    code = "unit-too-large"
    title = "The unit is neither a commune nor a village"

    def __init__(self, unit_code: str, level: str) -> None:
        remedy = f"{unit_code} is of level {level}: give the commune or the village of the participant"
        super().__init__(remedy, (FieldError("/unit_code", remedy),))


class UnknownCollector(Invalid):
    """No such collector is registered."""

    code = "unknown-collector"
    title = "The collector is not registered"

    def __init__(self, collector_code: str) -> None:
        remedy = f"no collector {collector_code} is registered: check the code, or have the collector registered first"
        super().__init__(remedy, (FieldError("/collector_code", remedy),))


class CollectorOfAnotherOrganisation(Invalid):
    """An organisation hands in the sign-ups of its own collectors only."""

    code = "collector-of-another-organisation"
    title = "The collector belongs to another organisation"

    def __init__(self, collector_code: str, organisation_code: str) -> None:
        remedy = f"{collector_code} is not a collector of {organisation_code}, which the token speaks for"
        super().__init__(remedy, (FieldError("/collector_code", remedy),))


class WrongAmount(Invalid):
    """What was paid is not what the law asks for."""

    code = "wrong-amount"
    title = "The amount paid is not the amount payable"

    def __init__(self, paid: Vnd, payable: Vnd) -> None:
        self.expected = payable
        remedy = f"{payable} VND are payable for this sign-up, not {paid}"
        super().__init__(remedy, (FieldError("/amount_paid", remedy),))


class AlreadyCovered(Conflict):
    """The person has cover from this scheme for that time."""

    code = "already-covered"
    title = "The person is already covered by this scheme"

    def __init__(self, renewable_from: date | None = None) -> None:
        when = f"their cover can be renewed from {renewable_from} on" if renewable_from else "look at it again later"
        remedy = f"this person is already covered by this scheme; {when}"
        super().__init__(remedy, (FieldError("/participant/personal_id", remedy),))


class ExternalRefTaken(Conflict):
    """The organisation has used this reference for another sign-up."""

    code = "external-ref-taken"
    title = "The external reference stands for another sign-up"

    def __init__(self, external_ref: str) -> None:
        remedy = f"{external_ref} stands for a sign-up with other content: give each sign-up a reference of its own"
        super().__init__(remedy, (FieldError("/external_ref", remedy),))


class IdempotencyKeyReused(Invalid):
    """The key came before, with another body (draft-ietf-httpapi-idempotency-key-header, section 2.7)."""

    code = "idempotency-key-reused"
    title = "The Idempotency-Key was used for another request"

    def __init__(self) -> None:
        remedy = "this key came before with another body: send a fresh key with a new sign-up"
        super().__init__(remedy, (FieldError("/header/Idempotency-Key", remedy),))
