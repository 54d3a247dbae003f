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
    """Files of a tree that breaks one rule. What they import need not be installed, except for own modules."""

    rule: str
    files: Mapping[str, str] = field(default_factory=dict)


PLANTS = [
    Planted("pure", {"targets_api/domain/planted.py": "import asyncio"}),
    Planted("pure", {"enrolment_api/domain/planted.py": "from os import environ"}),
    Planted("pure", {"notifications/domain/planted.py": "from services.clock import SystemClock"}),
    Planted("pure", {"services/errors.py": "from pydantic import BaseModel"}),
    Planted("pure", {"services/vocabulary.py": "from pydantic import BaseModel"}),
    Planted("contracts", {"services/contracts/planted.py": "import services.settings"}),
    Planted("storage", {"targets_api/targets/store.py": "from fastapi import Depends"}),
    Planted("storage", {"enrolment_api/registry/queries.py": "from enrolment_api.registry import usecases"}),
    Planted("usecases", {"notifications/alerts/usecases.py": "import aiohttp"}),
    Planted("usecases", {"targets_api/counting/usecases.py": "import services.messaging.rabbitmq"}),
    Planted("edge", {"targets_api/targets/routes.py": "import targets_api.tables.targets"}),
    Planted("edge", {"targets_api/counting/consumers.py": "from services.messaging.outbox import emit"}),
    Planted("enrolment-layers", {"enrolment_api/registry/queries.py": "import enrolment_api.enrolments.store"}),
    Planted("enrolment-layers", {"enrolment_api/unlayered.py": ""}),
    Planted("targets-layers", {"targets_api/review/queries.py": "import targets_api.targets.schemas"}),
    Planted("targets-layers", {"targets_api/ledger/store.py": "import targets_api.attainment.recount"}),
    Planted("targets-layers", {"targets_api/tables/ledger.py": "import targets_api.hierarchy.queries"}),
    Planted(
        "notifications-layers", {"notifications/messages/outgoing_message.py": "import notifications.routing.store"}
    ),
    Planted(
        "notifications-layers", {"notifications/channels/mail/compose.py": "import notifications.deliveries.schemas"}
    ),
    Planted("acyclic", {"services/errors.py": "import services.clock", "services/clock.py": "import services.errors"}),
    Planted("independence", {"targets_api/progress/queries.py": "import enrolment_api.main"}),
    Planted("services", {"notifications/alerts/store.py": "import migrations.upgrade"}),
    Planted("wheel", {"drive/cli.py": "import bench.run"}),
    Planted("chassis", {"services/planted.py": "import notifications"}),
    Planted("amqp", {"enrolment_api/registry/official.py": "import aio_pika"}),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they are."""
    copy = tmp_path_factory.mktemp("tree")
    (copy / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for package in RULES["root_packages"]:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def planting(tree: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The tree with the test's files added to; taken out again after it."""
    planted: Planted = request.param
    before = {tree / name: (tree / name).read_text() if (tree / name).exists() else None for name in planted.files}
    for name, line in planted.files.items():
        (tree / name).write_text((before[tree / name] or "") + f"\n{line}\n")
    yield tree
    for path, content in before.items():
        path.unlink() if content is None else path.write_text(content)


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
def test_a_planted_import_breaks_its_rule(planting: Path, request: pytest.FixtureRequest) -> None:
    planted: Planted = request.node.callspec.params["planting"]
    assert planted.rule in broken_in(planting)


def test_every_rule_is_shown_to_be_able_to_fail() -> None:
    assert {planted.rule for planted in PLANTS} == {contract["id"] for contract in CONTRACTS}
