"""The import rules of pyproject.toml hold, and each of them can fail: a forbidden import is planted, and found."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS: list[Mapping[str, str]] = RULES["contracts"]


@dataclass(frozen=True)
class Planted:
    """An import that breaks a rule. What is imported need not be installed, except for own modules."""

    rule: str
    file: str
    imported: str

    @property
    def link(self) -> str:
        """How lint-imports shows it."""
        return f"{self.file.removesuffix('.py').replace('/', '.')} -> {self.imported}"

    def breaks_alone(self, explanation: str) -> bool:
        """Whether a contract refuses this very import.

        Part of a longer chain, which an indented line continues, it shows only that what follows from it is refused.
        """
        return bool(re.search(rf"^- +{re.escape(self.link)} \(l\.[^)]+\)\n(?! )", explanation, re.MULTILINE))


PLANTS = [
    Planted("pure", "targets_api/domain/planted.py", "asyncio"),
    Planted("pure", "enrolment_api/domain/planted.py", "os"),
    Planted("pure", "notifications/domain/planted.py", "services.clock"),
    Planted("pure", "services/errors.py", "pydantic"),
    Planted("pure", "services/vocabulary.py", "pydantic"),
    Planted("contracts", "services/contracts/planted.py", "services.settings"),
    Planted("storage", "targets_api/targets/store.py", "fastapi"),
    Planted("storage", "enrolment_api/registry/queries.py", "enrolment_api.registry.usecases"),
    Planted("usecases", "notifications/alerts/usecases.py", "aiohttp"),
    Planted("usecases", "targets_api/counting/usecases.py", "services.messaging.rabbitmq"),
    Planted("edge", "targets_api/targets/routes.py", "targets_api.tables.targets"),
    Planted("edge", "targets_api/counting/consumers.py", "services.messaging.outbox"),
    Planted("enrolment-layers", "enrolment_api/registry/queries.py", "enrolment_api.enrolments.store"),
    Planted("targets-layers", "targets_api/review/store.py", "targets_api.targets.schemas"),
    Planted("targets-layers", "targets_api/ledger/store.py", "targets_api.attainment.recount"),
    Planted("targets-layers", "targets_api/tables/ledger.py", "targets_api.hierarchy.queries"),
    Planted("notifications-layers", "notifications/messages/outgoing_message.py", "notifications.routing.store"),
    Planted("notifications-layers", "notifications/channels/mail/compose.py", "notifications.deliveries.schemas"),
    Planted("independence", "targets_api/progress/queries.py", "enrolment_api.main"),
    Planted("services", "notifications/alerts/store.py", "migrations.upgrade"),
    Planted("wheel", "drive/cli.py", "bench.run"),
    Planted("chassis", "services/planted.py", "notifications"),
    Planted("amqp", "enrolment_api/registry/official.py", "aio_pika"),
]
UNLAYERED = "enrolment_api/unlayered.py"
"""A module in no layer of its service."""
CYCLE = {"services/errors.py": "services.clock", "services/clock.py": "services.errors"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they are."""
    copy = tmp_path_factory.mktemp("tree")
    (copy / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for package in RULES["root_packages"]:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def broken(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What lint-imports reports once everything is planted, each in its place and all at once."""
    planted = tmp_path_factory.mktemp("planted")
    shutil.copytree(tree, planted, dirs_exist_ok=True)
    (planted / UNLAYERED).touch()
    for file, imported in [*((plant.file, plant.imported) for plant in PLANTS), *CYCLE.items()]:
        with (planted / file).open("a") as module:
            module.write(f"\nimport {imported}\n")
    return broken_in(planted)


def broken_in(tree: Path) -> dict[str, str]:
    """The ids of the contracts that lint-imports finds broken in the tree, and how it explains each."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        check=False,
        cwd=tree,
        env={"COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert all(f"{c['name']} KEPT" in done.stdout or f"{c['name']} BROKEN" in done.stdout for c in CONTRACTS), done
    broken = [c for c in CONTRACTS if f"{c['name']} BROKEN" in done.stdout]
    return {c["id"]: _explanation(done.stdout, c["name"], [other["name"] for other in broken]) for c in broken}


def _explanation(output: str, name: str, broken: list[str]) -> str:
    """The chapter of a contract, up to that of the next one."""
    chapter = output.partition(f"\n{name}\n{'-' * len(name)}\n")[2]
    ends = [place for other in broken if (place := chapter.find(f"\n{other}\n{'-' * len(other)}\n")) >= 0]
    return chapter[: min(ends, default=None)]


def test_the_tree_as_it_is_breaks_no_rule(tree: Path) -> None:
    assert broken_in(tree) == {}


@pytest.mark.parametrize("planted", PLANTS, ids=[f"{p.rule}: {p.link}" for p in PLANTS])
def test_a_planted_import_breaks_its_rule(broken: Mapping[str, str], planted: Planted) -> None:
    assert planted.breaks_alone(broken[planted.rule]), broken[planted.rule]


def test_a_module_in_no_layer_is_found(broken: Mapping[str, str]) -> None:
    assert "unlayered" in broken["enrolment-layers"]


def test_a_cycle_is_found(broken: Mapping[str, str]) -> None:
    assert "No cycles are allowed in services." in broken["acyclic"]


def test_every_rule_is_shown_to_be_able_to_fail() -> None:
    assert {planted.rule for planted in PLANTS} | {"acyclic"} == {contract["id"] for contract in CONTRACTS}
