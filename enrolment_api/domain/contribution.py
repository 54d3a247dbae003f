"""What a sign-up costs: whole VND, exact, line by line, by the rates in force on the day it was signed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from enrolment_api.domain.health import health_lines
from enrolment_api.domain.local_support import local_lines
from enrolment_api.domain.rates import Rates
from enrolment_api.domain.terms import Line, LineKind, Terms
from enrolment_api.domain.voluntary import is_supported, voluntary_lines
from services.vocabulary import Vnd

_DUE: frozenset[LineKind] = frozenset({"contribution", "discount", "interest"})


@dataclass(frozen=True, slots=True)
class Contribution:
    """What is due for all months, what of it the state and the locality pay, and what is left to the participant. VND.

    `supported_months`: for how many months the state supports a person in voluntary insurance; None where that was not
    noted.
    """

    due: Vnd
    state_support: Vnd
    local_support: Vnd
    payable: Vnd
    supported_months: int | None = 0


@dataclass(frozen=True, slots=True)
class Assessment:
    """A contribution and the lines that it is the sum of."""

    contribution: Contribution
    lines: tuple[Line, ...]

    def explained(self) -> str:
        """How the payable amount comes about."""
        return ", ".join(line.explained() for line in self.lines)


@lru_cache(maxsize=2048)  # of a day there are few, and explaining takes longer than deciding
def assess(terms: Terms, rates: Rates) -> Assessment:
    """What is payable on these terms: what is due, less what the state pays, less what localities pay of the rest.

    Raises UnsupportedMonths, IncomeOutOfRange, UnknownSupportGroup, NoRatesYet.
    """
    is_health = terms.scheme == "household_health"
    of_state = health_lines(terms, rates.health) if is_health else voluntary_lines(terms, rates.voluntary)
    due = _sum(of_state, *_DUE)
    has_local = bool(rates.local_support) and (is_health or is_supported(terms, rates.voluntary))
    a_month = of_state[0].a_month if due == of_state[0].amount else None
    local = local_lines(terms, rates.local_support, due, a_month) if has_local else []
    lines = tuple(_above_zero(chain(of_state, local)))
    state, supported = -_sum(lines, "state_support"), 0 if is_health else _supported_months(lines)
    contribution = Contribution(due, state, -_sum(lines, "local_support"), _sum(lines), supported)
    return Assessment(contribution, lines)


def _above_zero(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, each taking off no more than those before have left."""
    left = 0
    for line in lines:
        if left + line.amount < 0:
            yield replace(line, amount=-left, a_month=None, text=f"{line.text}, no more than is left")
            left = 0
        else:
            yield line
            left += line.amount


def _sum(lines: Iterable[Line], *kinds: LineKind) -> Vnd:
    return sum(line.amount for line in lines if not kinds or line.what in kinds)


def _supported_months(lines: Iterable[Line]) -> int:
    return sum(line.months for line in lines if line.what == "state_support" and line.amount)
