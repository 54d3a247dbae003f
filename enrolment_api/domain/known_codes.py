"""What a decision needs to know of the registry, and which codes it refuses. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from enrolment_api.domain.registry import Stay
from enrolment_api.domain.sign_up import SignUp
from enrolment_api.domain.stays import Employment
from enrolment_api.domain.succession import Validity, unit_on
from services.errors import DomainError, FieldError, Invalid


class UnitTooLarge(Invalid):
    """Sign-ups are counted for communes and villages."""

    code = "unit-too-large"
    title = "The unit is neither a commune nor a village"
    remedy = "Give the commune or village where the person lives."

    def __init__(self, unit_code: str, level: str) -> None:
        remedy = f"{unit_code} is of level {level}: give the commune or the village of the participant"
        super().__init__(remedy, (FieldError("/unit_code", remedy),))


class UnknownCollector(Invalid):
    """No such collector is registered."""

    code = "unknown-collector"
    title = "The collector is not registered"
    remedy = "Check the code, or have the agency register the collector."

    def __init__(self, collector_code: str) -> None:
        remedy = f"no collector {collector_code} is registered: check the code, or have the collector registered first"
        super().__init__(remedy, (FieldError("/collector_code", remedy),))


class CollectorOfAnotherOrganisation(Invalid):
    """An organisation may send the sign-ups of its own collectors only: those who were so on the day of the signing."""

    code = "collector-of-another-organisation"
    title = "The collector belongs to another organisation"
    remedy = "Send only your own collectors' sign-ups, of their days with you; have the agency move one who changed."

    def __init__(self, collector_code: str, organisation_code: str, day: date, own_days: Sequence[str] = ()) -> None:
        remedy = f"{collector_code} is not a collector of {organisation_code}, which the token was issued to"
        if own_days:
            remedy += f", on {day}, but {' and '.join(own_days)}"
        super().__init__(remedy, (FieldError("/collector_code", remedy),))


@dataclass(frozen=True, slots=True)
class KnownCodes:
    """What a decision needs to know of the registry: the units, with those that took the place of units that ended, and
    where each collector belongs."""

    units: Mapping[str, Validity]
    collectors: Mapping[str, Employment]
    units_above: Mapping[tuple[str, date], tuple[str, ...]] = field(default_factory=dict)
    """Of a unit on a day, itself and those above it; looked up where a locality supports anybody."""

    def with_registered_codes(self, sign_up: SignUp) -> SignUp:
        """The sign-up with the codes as they are registered: codes that differ only in case are one."""
        unit_code = _registered(sign_up.unit_code, self.units)
        collector_code = _registered(sign_up.collector_code, self.collectors)
        if (unit_code, collector_code) == (sign_up.unit_code, sign_up.collector_code):
            return sign_up
        return replace(sign_up, unit_code=unit_code, collector_code=collector_code)

    def placed(self, sign_up: SignUp) -> SignUp:
        """The sign-up in the unit that stands for its own on the day of the signing; codes are as registered.

        Raises UnknownUnit, UnitEnded, UnitNotYetValid.
        """
        unit_code = unit_on(sign_up.unit_code, sign_up.signed_on, self.units)
        return sign_up if unit_code == sign_up.unit_code else replace(sign_up, unit_code=unit_code)

    def places(self, sign_ups: Iterable[SignUp]) -> set[tuple[str, date]]:
        """The units of those that can be placed, each with the day of the signing."""
        found = set()
        for sign_up in map(self.with_registered_codes, sign_ups):
            with suppress(DomainError):
                found.add((self.placed(sign_up).unit_code, sign_up.signed_on))
        return found

    def with_collector_as_recorded(self, before: SignUp, corrected: SignUp) -> KnownCodes:
        """Where a correction leaves the collector and the day as they were, the collector is whose they were when the
        sign-up was recorded: a move that was registered since, or corrected, refuses no other field."""
        code, day = corrected.collector_code, corrected.signed_on
        if (code, day) != (before.collector_code, before.signed_on) or code not in self.collectors:
            return self
        recorded = Stay(before.organisation_code, day, day)
        employment = Employment((recorded, *self.collectors[code].stays))
        return replace(self, collectors={**self.collectors, code: employment})


def _registered(code: str, known: Collection[str]) -> str:
    if code in known:
        return code
    return next((each for each in known if each.upper() == code.upper()), code)


def check_level(unit_code: str, level: str) -> None:
    """Where somebody lives is a commune or a village. Raises UnitTooLarge."""
    if level not in {"commune", "village"}:
        raise UnitTooLarge(unit_code, level)


def check_codes(sign_up: SignUp, known: KnownCodes) -> None:
    """Of a sign-up that is placed. Raises UnitTooLarge, UnknownCollector, CollectorOfAnotherOrganisation."""
    check_level(sign_up.unit_code, known.units[sign_up.unit_code].level)
    collector, organisation, day = sign_up.collector_code, sign_up.organisation_code, sign_up.signed_on
    employment = known.collectors.get(collector)
    if employment is None:
        raise UnknownCollector(collector)
    if employment.organisation_on(day) != organisation:
        raise CollectorOfAnotherOrganisation(collector, organisation, day, employment.days_with(organisation))
