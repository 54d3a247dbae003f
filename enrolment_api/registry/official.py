"""The official list of provinces and communes, as the package vietnam-provinces ships it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vietnam_provinces import NESTED_DIVISIONS_JSON_PATH

from enrolment_api.domain.registry import Unit
from services.errors import Invalid


def official_units(province_code: str) -> Sequence[Unit]:
    """A province and its communes, the province first. Raises Invalid where there is no such province."""
    for province in _provinces():
        code = f"{province['code']:02d}"
        if code == province_code:
            communes = [Unit(f"{w['code']:05d}", _full_name(w), "commune", code) for w in province["wards"]]
            return [Unit(code, _full_name(province), "province", None), *communes]
    raise Invalid.field("/province_code", f"no province has the code {province_code}: it has two digits, such as 38")


@lru_cache(maxsize=1)
def _provinces() -> list[dict[str, Any]]:
    provinces: list[dict[str, Any]] = json.loads(NESTED_DIVISIONS_JSON_PATH.read_text(encoding="utf-8"))
    return provinces


def _full_name(division: dict[str, Any]) -> str:
    """The name with its division type once: releases of the list differ in whether provinces' names have it."""
    kind: str = division["division_type"].removesuffix(" trung ương").capitalize()
    name: str = division["name"]
    return name if name.casefold().startswith(kind.casefold() + " ") else f"{kind} {name}"
