"""Domains and pure modules of the chassis are made of values, only services.clock asks for the time; both can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.rules import SHARED, foreign_imports, reads_of_the_time

ROOT = Path(__file__).parents[2]
SERVICES = ("enrolment_api", "targets_api", "notifications")
PURE = [*((file, f"{service}.domain") for service in SERVICES for file in (ROOT / service / "domain").rglob("*.py"))]
CHASSIS = [(ROOT / f"{module.replace('.', '/')}.py", module) for module in sorted(SHARED)]
TIMELESS = [
    file
    for package in ("services", *SERVICES)
    for file in (ROOT / package).rglob("*.py")
    if file != ROOT / "services" / "clock.py"
]


def test_every_service_has_a_domain_to_look_at() -> None:
    assert {own for _, own in PURE} == {f"{service}.domain" for service in SERVICES}


@pytest.mark.parametrize(("file", "own"), [*PURE, *CHASSIS], ids=str)
def test_a_pure_package_imports_values_pure_modules_and_itself(file: Path, own: str) -> None:
    assert foreign_imports(file, own) == []


def test_only_the_clock_asks_the_system_for_the_time() -> None:
    assert [found for file in TIMELESS for found in reads_of_the_time(file)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "import asyncio, json",
        "from random import choice",
        "from services.clock import SystemClock",
        "from services import errors, clock",
        "import targets_api.tables",
        "from . import store",
        "def f():\n    import socket",
    ],
)
def test_a_foreign_import_is_found(tmp_path: Path, line: str) -> None:
    file = tmp_path / "planted.py"
    file.write_text(line)
    assert len(foreign_imports(file, "targets_api.domain")) == 1


@pytest.mark.parametrize(
    "line",
    [
        "from datetime import UTC, datetime\nx = datetime.now(UTC)",
        "from datetime import datetime as d\nx = d.utcnow()",
        "import datetime\nx = datetime.datetime.now()",
        "import datetime as dt\nx = dt.date.today()",
        "from datetime import date\nfactory = date.today",
        "import time\nx = time.time()",
        "from time import time\nx = time()",
        "from time import time_ns as t\nx = t()",
    ],
)
def test_asking_for_the_time_is_found(tmp_path: Path, line: str) -> None:
    file = tmp_path / "planted.py"
    file.write_text(line)
    assert len(reads_of_the_time(file)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "import time\nx = time.perf_counter()",
        "from datetime import date\nx = date(2025, 10, 25)",
        "from datetime import datetime\nx = datetime.fromisoformat('2025-10-25')",
        "x = clock.today()\ny = clock.now()",
    ],
)
def test_handling_time_is_not_asking_for_it(tmp_path: Path, line: str) -> None:
    file = tmp_path / "planted.py"
    file.write_text(line)
    assert reads_of_the_time(file) == []
