"""Reads the rates: those of the shipped file, and on top of them those of the operator's."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from enrolment_api.contributions.tables import TABLES, Table
from enrolment_api.domain.rates import Entry, HealthRates, Rates, VoluntaryRates
from services.web.remedies import remedy_of

SHIPPED: Final = Path(__file__).with_name("rates.toml")
REMEDY: Final = "see docs/contributions.md for the form of each table"
_REMEDIES: Final[Mapping[str, str]] = {
    "date_type": "a date is expected, such as 2026-07-01, without quotes",
    "date_from_datetime_inexact": "a date is expected, such as 2026-07-01, without a time",
    "decimal_max_places": "this number has too many digits after the point",
    "tuple_type": "a list of numbers is expected, such as [3, 6, 12]",
}
"""By pydantic's type of error, for what TOML has and JSON has not."""

_Entries: TypeAlias = dict[str, dict[tuple[Any, ...], Entry]]
"""By the name of the table, and what tells an entry from the others of it."""


class WrongRates(ValueError):
    """A file of rates that cannot be used: one line that names the file, the table, the entry and the remedy."""


def load_rates(own: Path | None = None) -> Rates:
    """The shipped rates, where an operator's file is given with its entries added to them or in their place.

    Raises WrongRates.
    """
    entries = {name: dict(table) for name, table in _entries_of(SHIPPED).items()}
    if own is not None:
        for name, table in _read(own).items():
            entries[name] |= table
    tables = {name: sorted(table.values(), key=lambda each: each.since) for name, table in entries.items()}
    _check_whole(own or SHIPPED, tables)
    rates = Rates(
        HealthRates(**_below("health", tables)),
        VoluntaryRates(**_below("voluntary", tables)),
        local_support=tuple(tables["local_support"]),  # type: ignore[arg-type] # as TABLES says
    )
    _check_groups(own or SHIPPED, rates)
    return rates


@cache
def _entries_of(file: Path) -> _Entries:
    return _read(file)


def _read(file: Path) -> _Entries:
    given = dict(_tables_in(file))
    if unknown := given.keys() - TABLES.keys():
        raise WrongRates(f"{file}: there is no table {min(unknown)}: choose one of {', '.join(TABLES)}")
    return {name: _checked(file, name, table, given.get(name, [])) for name, table in TABLES.items()}


def _tables_in(file: Path) -> Iterator[tuple[str, Any]]:
    """The tables by their names in the file: `health.rate`, `local_support`."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise WrongRates(f"{file} cannot be read: {error.strerror}; name another file, or unset it") from error
    except ValueError as error:
        raise WrongRates(f"{file} is no TOML in UTF-8: {error}; {REMEDY}") from error
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", table) for inner, table in value.items())
        else:
            yield name, value


def _checked(file: Path, name: str, table: Table, entries: Any) -> dict[tuple[Any, ...], Entry]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise WrongRates(f"{file}: {name} has to be written as [[{name}]], once for each entry; {REMEDY}")
    found: dict[tuple[Any, ...], Entry] = {}
    for number, value in enumerate(entries, 1):
        entry = _entry(f"{file}: [[{name}]] number {number}", table, value)
        identity = table.identity(entry)
        if identity in found:
            same = ", ".join(f"{field} {getattr(entry, field)}" for field in table.key)
            raise WrongRates(f"{file}: [[{name}]] number {number} is there twice ({same}): remove one")
        found[identity] = entry
    return found


def _entry(where: str, table: Table, value: Mapping[str, Any]) -> Entry:
    exact = {name: _exact(each) for name, each in value.items()}
    named = f" (since {value['since']})" if "since" in value else ""
    try:
        return table.checked(exact)
    except ValidationError as error:
        first, *more = error.errors(include_url=False, include_input=False)
        said = ": ".join([*filter(None, [".".join(map(str, first["loc"]))]), _remedy_of(first)])
        further = f", and {len(more)} more" if more else ""
        raise WrongRates(f"{where}{named}: {said}{further}; {REMEDY}") from error


def _remedy_of(error: ErrorDetails) -> str:
    return _REMEDIES.get(error["type"]) or remedy_of(error["type"], error["msg"], error.get("ctx", {}))


def _exact(value: Any) -> Any:
    """Lists as tuples. Strict forms take no list for a tuple."""
    return tuple(value) if isinstance(value, list) else value


def _check_whole(file: Path, tables: Mapping[str, list[Entry]]) -> None:
    for name, table in TABLES.items():
        if table.needed and not tables[name]:
            raise WrongRates(f"{file}: the table {name} has no entry; {REMEDY}")


def _check_groups(file: Path, rates: Rates) -> None:
    """Local support of a group that nobody can name would never be paid, and nobody would notice."""
    for number, entry in enumerate(rates.local_support, 1):
        table = "health.support" if entry.scheme == "household_health" else "voluntary.support"
        supports = rates.health.support if entry.scheme == "household_health" else rates.voluntary.support
        known = list(dict.fromkeys(support.group for support in supports))
        if entry.group not in {None, *known}:
            raise WrongRates(
                f"{file}: [[local_support]] number {number} (since {entry.since}): group: {entry.group} is in no entry"
                f" of {table}: choose one of {', '.join(known)}, or add it there; {REMEDY}"
            )


def _below(scheme: str, tables: Mapping[str, list[Entry]]) -> dict[str, Any]:
    names = [name for name in TABLES if name.startswith(f"{scheme}.")]
    return {name.removeprefix(f"{scheme}."): tuple(tables[name]) for name in names}
