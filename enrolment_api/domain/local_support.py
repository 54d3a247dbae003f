"""What localities pay beside the state, by unit and day. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from enrolment_api.domain.rates import LocalSupport, found
from enrolment_api.domain.terms import Line, Terms, part, plain
from services.vocabulary import Vnd


def local_lines(terms: Terms, table: Sequence[LocalSupport], due: Vnd) -> list[Line]:
    """Of each of the units that has one in force, the entry for the group, else the one for every group: those of
    different units add up. `due` is VND for all months."""
    entries = [_of_unit(terms, table, unit_code) for unit_code in terms.units]
    return [_line(terms, entry, due) for entry in entries if entry]


def _of_unit(terms: Terms, table: Sequence[LocalSupport], unit_code: str) -> LocalSupport | None:
    own = [e for e in table if (e.scheme, e.unit_code.upper()) == (terms.scheme, unit_code.upper())]
    for_group = found(own, terms.on, lambda each: each.group == terms.support_group)
    return for_group or found(own, terms.on, lambda each: each.group is None)


def _line(terms: Terms, entry: LocalSupport, due: Vnd) -> Line:
    if entry.percent_of_due is None:
        vnd = entry.vnd_a_month or 0
        how, base, amount = f"{vnd} a month", vnd, vnd * terms.months
    else:
        how, base, amount = f"{plain(entry.percent_of_due)} % of {due}", due, part(due, entry.percent_of_due)
    return Line(
        "local_support",
        base=base,
        rate=entry.percent_of_due,
        months=terms.months,
        amount=-amount,
        source=entry.source,
        text=f"local support of {entry.unit_code}: {how}",
    )
