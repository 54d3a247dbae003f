"""The import rules of pyproject.toml hold, and each of them can fail: a forbidden import is planted, and found."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS: list[Mapping[str, str]] = RULES["contracts"]


@dataclass(frozen=True)
class Planted:
    """Files of a tree that breaks one rule. What they import need not be there but for modules of our own."""

    rule: str
    files: Mapping[str, str] = field(default_factory=dict)


PLANTS = [
    Planted("pure", {"targets_api/domain/planted.py": "import asyncio"}),
    Planted("pure", {"enrolment_api/domain/planted.py": "from os import environ"}),
    Planted("pure", {"notifications/domain/planted.py": "from services.clock import SystemClock"}),
    Planted("pure", {"enrolment_api/domain/planted.py": "import enrolment_api.tables"}),
    Planted("pure", {"services/kernel.py": "from pydantic import BaseModel"}),
    Planted("contracts", {"services/contracts/planted.py": "import services.settings"}),
    Planted("storage", {"targets_api/planted/store.py": "from fastapi import Depends"}),
    Planted("storage", {"targets_api/planted/tables.py": "from targets_api.planted import usecases"}),
    Planted("usecases", {"notifications/planted/usecases.py": "import aiohttp"}),
    Planted("usecases", {"notifications/planted/usecases.py": "import notifications.planted.routes"}),
    Planted("rim", {"targets_api/planted/routes.py": "import targets_api.planted.tables"}),
    Planted("rim", {"targets_api/planted/consumers.py": "from services.messaging.outbox import emit"}),
    Planted("independence", {"targets_api/planted/reads.py": "import enrolment_api.main"}),
    Planted("services", {"notifications/planted/reads.py": "import migrations.upgrade"}),
    Planted("chassis", {"services/planted.py": "import notifications"}),
    Planted("amqp", {"enrolment_api/planted/relay.py": "import aio_pika"}),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they are, with an empty topic in each service for what is planted."""
    copy = tmp_path_factory.mktemp("tree")
    (copy / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for package in RULES["root_packages"]:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for service in ("enrolment_api", "targets_api", "notifications"):
        topic = copy / service / "planted"
        topic.mkdir()
        for name in ("__init__", "routes", "consumers", "usecases", "store", "tables", "schemas"):
            (topic / f"{name}.py").touch()
    return copy


@pytest.fixture
def planting(tree: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The tree with the test's files added to; taken out again after it."""
    planted: Planted = request.param
    before = {tree / name: (tree / name).read_text() if (tree / name).exists() else None for name in planted.files}
    for name, line in planted.files.items():
        (tree / name).write_text((before[tree / name] or "") + f"\n{line}\n")
    yield tree
    for path, words in before.items():
        path.unlink() if words is None else path.write_text(words)


def broken_in(tree: Path) -> set[str]:
    """The ids of the contracts that lint-imports finds broken in the tree."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        check=False,
        cwd=tree,
        env={"COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert all(f"{c['name']} KEPT" in done.stdout or f"{c['name']} BROKEN" in done.stdout for c in CONTRACTS), done
    return {c["id"] for c in CONTRACTS if f"{c['name']} BROKEN" in done.stdout}


def test_the_tree_as_it_is_breaks_no_rule(tree: Path) -> None:
    assert broken_in(tree) == set()


@pytest.mark.parametrize(
    "planting", PLANTS, indirect=True, ids=[f"{p.rule}: {' '.join(p.files.values())}" for p in PLANTS]
)
def test_a_planted_import_breaks_its_rule_and_no_other(planting: Path, request: pytest.FixtureRequest) -> None:
    planted: Planted = request.node.callspec.params["planting"]
    assert broken_in(planting) == {planted.rule}


def test_every_rule_is_shown_to_be_able_to_fail() -> None:
    assert {planted.rule for planted in PLANTS} == {contract["id"] for contract in CONTRACTS}
