"""What localities pay beside the state, by unit and day. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from enrolment_api.domain.rates import LocalSupport, found
from enrolment_api.domain.terms import Line, Terms, part, plain
from services.vocabulary import Vnd


def local_lines(terms: Terms, table: Sequence[LocalSupport], due: Vnd, due_a_month: Vnd | None) -> list[Line]:
    """Of each of the units that has one in force, the entry for the group, else the one for every group: those of
    different units add up. `due` is VND for all months, `due_a_month` None where the months differ."""
    entries = [_of_unit(terms, table, unit_code) for unit_code in terms.units]
    return [_line(terms, entry, due, due_a_month) for entry in entries if entry]


def _of_unit(terms: Terms, table: Sequence[LocalSupport], unit_code: str) -> LocalSupport | None:
    own = [e for e in table if (e.scheme, e.unit_code.upper()) == (terms.scheme, unit_code.upper())]
    for_group = found(own, terms.on, lambda each: each.group == terms.support_group)
    return for_group or found(own, terms.on, lambda each: each.group is None)


def _line(terms: Terms, entry: LocalSupport, due: Vnd, due_a_month: Vnd | None) -> Line:
    percent, vnd = entry.percent_of_due, entry.vnd_a_month
    base = vnd or (due if due_a_month is None else due_a_month)
    share = base if percent is None else part(base, percent)
    is_monthly = vnd is not None or due_a_month is not None
    how = f"{base} a month" if percent is None else f"{plain(percent)} % of {base}"
    return Line(
        "local_support",
        base=base,
        rate=percent,
        months=terms.months,
        amount=-share * terms.months if is_monthly else -share,
        source=entry.source,
        text=f"local support of {entry.unit_code}: {how}",
        a_month=share if is_monthly else None,
    )
