"""What is asked for when a target is shared out, and who has a share of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

from services.errors import Conflict, FieldError
from services.vocabulary import Measure, RegistryKind, Scope
from targets_api.domain.allocation import Bases, Bounds, SharesDoNotFit
from targets_api.domain.shares import words_of
from targets_api.domain.target import Target

Receiving: TypeAlias = Literal["units", "organisations", "collectors", "organisations_per_unit"]
"""Who has a share: those one level below the scope, or each organisation in each commune."""
Basis: TypeAlias = Literal["uncovered", "prospects", "last_result", "equal", "weights"]
MOST_SHARES: Final = 5000
BETWEEN: Final = "/"
"""Between the codes of a unit and an organisation, where a share is of both."""
_DIGITS: Final = 6
"""Decimal places of a basis, so that it is shown as it counts."""
_KINDS: Final[Mapping[Receiving, RegistryKind]] = {
    "units": "unit",
    "organisations": "organisation",
    "collectors": "collector",
    "organisations_per_unit": "unit",
}


class AlreadyShared(Conflict):
    """The target has other shares."""

    code = "already-shared"
    title = "The target is shared out already"
    remedy = (
        "Keep the shares that `GET /v1/targets/{id}/tree` shows, or send `replace` with the `version` and a `reason`."
    )

    @classmethod
    def of(cls, shares: Sequence[Target]) -> AlreadyShared:
        """The error that names the shares that stand, the first ten of them."""
        named = "; ".join(f"{words_of(share.scope)}: {share.value:g}" for share in shares[:10])
        more = "" if len(shares) <= 10 else f"; and {len(shares) - 10} more"
        total = sum(share.value for share in shares)
        return cls(f"{len(shares)} shares stand, which sum to {total:,g}: {named}{more}")


@dataclass(frozen=True, slots=True)
class SharingOut:
    """How a target is to be shared out. Weights and pinned shares are by code, for `organisations_per_unit` pinned ones
    by `unit/organisation`; `among` are those who receive shares, where not all one level below do."""

    to: Receiving
    by: Basis
    weights: Mapping[str, Fraction] | None = None
    bounds: Bounds = field(default_factory=Bounds)
    among: Sequence[str] | None = None
    name: str | None = None

    @property
    def kind(self) -> RegistryKind:
        """What codes of weights are codes of."""
        return _KINDS[self.to]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whoever has a share: the code that it goes by, and its scope."""

    key: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Share:
    """A share as it is or would be: `value` in whole persons, what it is based on, and the target that it is set as."""

    scope: Scope
    value: int
    basis: Fraction
    target_id: UUID | None = None


class SharedOut(NamedTuple):
    """The shares of a target, which sum to `value`; `is_new` where some were set or changed just now."""

    value: int
    measure: Measure
    shares: Sequence[Share]
    is_new: bool = False


def check_request(asked: SharingOut, scope: Scope) -> None:
    """Raises SharesDoNotFit where a target of that scope cannot be shared out that way at all."""
    if errors := tuple(_errors(asked, scope)):
        raise SharesDoNotFit("; ".join(error.detail for error in errors), errors)


def receivers_below(
    scope: Scope, to: Receiving, codes: Iterable[str], organisations: Iterable[str] = ()
) -> list[Receiver]:
    """The scope narrowed to each of the codes; for `organisations_per_unit` to each with each of the organisations."""
    if to == "units":
        return [Receiver(code, replace(scope, unit_code=code)) for code in codes]
    if to == "organisations":
        return [Receiver(code, replace(scope, organisation_code=code)) for code in codes]
    if to == "collectors":
        return [Receiver(code, replace(scope, collector_code=code)) for code in codes]
    others = list(organisations)
    return [
        Receiver(f"{code}{BETWEEN}{other}", replace(scope, unit_code=code, organisation_code=other))
        for code in codes
        for other in others
    ]


def per_unit(units: Bases, results: Mapping[tuple[str, str], int], organisations: Sequence[str]) -> dict[str, Fraction]:
    """The basis of each organisation in each unit: that of the unit, in the proportion of what they signed up there;
    equally where nobody signed anybody up."""
    bases: dict[str, Fraction] = {}
    for unit, basis in units.items():
        found = [results.get((unit, organisation), 0) for organisation in organisations]
        total = sum(found)
        parts = [Fraction(n, total) if total else Fraction(1, len(organisations)) for n in found]
        bases |= {f"{unit}{BETWEEN}{each}": basis * part for each, part in zip(organisations, parts, strict=True)}
    return bases


def as_shown(bases: Bases) -> dict[str, Fraction]:
    """The bases with six decimal places: whoever sees them can share out by hand."""
    return {key: round(basis, _DIGITS) for key, basis in bases.items()}


def _errors(asked: SharingOut, scope: Scope) -> Iterator[FieldError]:
    yield from _errors_of_receiving(asked.to, scope)
    if asked.by == "prospects":
        yield FieldError("/by", "prospects are not counted here yet: share out by uncovered, last_result or weights")
    elif asked.by == "uncovered" and asked.kind != "unit":
        yield FieldError("/by", f"only units have a population: {asked.to} are shared to by last_result or weights")
    if (asked.by == "weights") != (asked.weights is not None):
        yield FieldError("/weights", "give weights by code, with `by` weights and with no other")
    if asked.among is not None and asked.by == "weights" and asked.to != "organisations_per_unit":
        yield FieldError("/among", "those that have a weight or a pinned share receive shares: leave it out")


def _errors_of_receiving(to: Receiving, scope: Scope) -> Iterator[FieldError]:
    if _KINDS[to] == "unit" and scope.unit_code is None:
        yield FieldError("/to", f"the target names no unit: there are no {to} below {words_of(scope)}")
    if to != "units" and scope.collector_code is not None:
        yield FieldError("/to", f"the target is one collector's: there are no {to} below {words_of(scope)}")
