"""The registry of the province as a file: grassroots units, communes below them, post offices, collectors."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from drive.demo.places import POST_OFFICE, PROVINCE
from drive.demo.province.places import POST_OFFICES, UNITS

_COLUMNS = ("kind", "code", "name", "level", "parent_code", "organisation_code")


def registry_file(commune_names: Mapping[str, str]) -> str:
    """CSV for `POST /v1/registry/imports`, with the communes' names of the official list."""
    text = io.StringIO()
    file = csv.writer(text)
    file.writerow(_COLUMNS)
    file.writerows(_units(commune_names))
    file.writerows(_organisations())
    file.writerows(_collectors())
    return text.getvalue()


def _units(commune_names: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for unit in UNITS:
        yield "unit", unit.code, unit.name, "insurance_unit", PROVINCE, ""
        for commune in unit.communes:
            yield "unit", commune, commune_names[commune], "commune", unit.code, ""


def _organisations() -> Iterator[tuple[str, ...]]:
    for office in POST_OFFICES:
        yield "organisation", office.code, office.name, "", POST_OFFICE, ""


def _collectors() -> Iterator[tuple[str, ...]]:
    for unit in UNITS:
        for number, code in enumerate(unit.collector_codes(), 1):
            yield "collector", code, f"Nhân viên thu {number}", "", "", unit.post_office.code
