"""A package reads and writes only tables at or below its layer, in SQL as in imports; each check can fail."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
OWNERS: Mapping[str, Mapping[str, str]] = {
    "enrolment_api": {
        "registry": "registry",
        "audit": "audit",
        "cases": "cases",
        "people": "people",
        "enrolments": "enrolments",
    },
    "targets_api": {
        "hierarchy": "hierarchy",
        "ledger": "ledger",
        "rollups": "ledger",
        "splits": "ledger",
        "targets": "attainment",
        "attainment": "attainment",
    },
    "notifications": {
        "alerts": "alerts",
        "routing": "routing",
        "deliveries": "deliveries",
        "group_messages": "deliveries",
        "departures": "departures",
        "hushed": "hushed",
        "inhibitions": "inhibitions",
        "silences": "silences",
        "receivers": "routing",
        "escalations": "routing",
        "digests": "routing",
        "ownership": "ownership",
        "registry": "registry",
        "pace_differences": "reconciliation",
        "timeline": "timeline",
        "causes": "causes",
        "reports": "deliveries",
    },
}
"""Module of `tables/` → the topic package whose layer its tables belong to."""
_TABLE_IN_SQL = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+"?([a-z_]+)"?')


def layers_of(service: str) -> dict[str, int]:
    """The height of each package of a service, as its import contract orders them; 0 is the lowest."""
    [contract] = [c for c in CONTRACTS if c["type"] == "layers" and c["containers"] == [service]]
    names = [re.split(r"[|:]", layer) for layer in reversed(contract["layers"])]
    return {name.strip(" ()"): height for height, layer in enumerate(names) for name in layer}


def owners_of_tables(service: str) -> dict[str, str]:
    """Table name → the package that it belongs to."""
    found: dict[str, str] = {}
    for module, owner in OWNERS[service].items():
        source = (ROOT / service / "tables" / f"{module}.py").read_text()
        found |= dict.fromkeys(re.findall(r'__tablename__[^=]*= "([a-z_]+)"', source), owner)
    return found


def tables_used(source: str, service: str) -> Iterator[tuple[str, str]]:
    """Each table that a module uses, with the package that it belongs to: named in SQL, or imported."""
    owners = owners_of_tables(service)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ((name, owners[name]) for name in _TABLE_IN_SQL.findall(node.value) if name in owners)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{service}.tables."):
            module = str(node.module).rpartition(".")[2]
            if module in OWNERS[service]:
                yield module, OWNERS[service][module]


def violations(source: str, service: str, package: str) -> list[str]:
    """Tables of a higher layer than the package's own."""
    heights = layers_of(service)
    return [table for table, owner in tables_used(source, service) if heights[owner] > heights[package]]


@pytest.mark.parametrize("service", OWNERS)
def test_every_module_of_tables_belongs_to_a_package(service: str) -> None:
    modules = {file.stem for file in (ROOT / service / "tables").glob("*.py")} - {"__init__", "base", "locks"}
    assert modules == set(OWNERS[service])


@pytest.mark.parametrize("service", OWNERS)
def test_a_package_uses_only_tables_at_or_below_its_layer(service: str) -> None:
    found = {
        str(file.relative_to(ROOT)): tables
        for package in layers_of(service).keys() - {"tables", "domain"}
        for file in (ROOT / service / package).rglob("*.py")
        if (tables := violations(file.read_text(), service, package))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("service", "package", "source"),
    [
        ("notifications", "deliveries", 'X = text("SELECT id FROM alerts")'),
        ("notifications", "routing", 'X = text(f"UPDATE deliveries SET state = {state}")'),
        ("notifications", "channels", "from notifications.tables.routing import RouteRow"),
        ("enrolment_api", "registry", 'X = text("DELETE FROM enrolments WHERE id = :id")'),
    ],
)
def test_a_table_of_a_higher_layer_is_found(service: str, package: str, source: str) -> None:
    assert len(violations(source, service, package)) == 1


def test_tables_of_lower_layers_are_used_by_those_above() -> None:
    assert violations('X = text("SELECT FROM deliveries d JOIN routes r ON true")', "notifications", "deliveries") == []


def test_the_chassis_names_no_table_of_a_service() -> None:
    names = {name for service in OWNERS for name in owners_of_tables(service)}
    found = {
        str(file.relative_to(ROOT)): used
        for file in (ROOT / "services").rglob("*.py")
        if (used := names.intersection(_TABLE_IN_SQL.findall(file.read_text())))
    }
    assert found == {}
