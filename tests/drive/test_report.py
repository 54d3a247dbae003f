"""What the demo prints is whole in a narrow terminal, and its commands can be copied."""

from __future__ import annotations

import io
from email.message import EmailMessage
from typing import Any

import pytest
from rich.console import Console

from drive.demo import report
from drive.demo.checks import Checks
from drive.demo.household import quote_table
from drive.demo.next_steps import what_next
from drive.demo.places import COMMUNES
from drive.demo.play import demo_configuration
from drive.demo.province.figures import Ranked
from drive.demo.province.places import UNITS
from drive.demo.province.plan import FALL_BEHIND
from drive.demo.province.preparation import NAME
from drive.demo.province.report import fallen_table, ranking_table
from drive.hosting.configuration import read_configuration

PROGRESS: list[tuple[Any, Any]] = [
    (
        commune,
        {
            "unit": {"name": f"Xã {commune.name}"},
            "net": commune.sign_ups + 1_480,
            "covered": commune.covered_after,
            "coverage": 0.7514,
            "targets": [{"attained": 1.108, "expected": 0.104, "needed_per_day": 1_124.4, "status": "not_started"}],
        },
    )
    for commune in COMMUNES
]
SOURCE = "Decree 188/2025 Art. 6.5; base salary: Decree 73/2024"
OWED = {"due": 1_263_600, "state_support": 884_520, "local_support": 126_360, "payable": 252_720}
QUOTE = {
    "members": [OWED | {"member_no": n, "lines": [{"rate": 3.15, "source": SOURCE}]} for n in range(1, 6)],
    "total": {**OWED, "due": 10_043_520},
}
COLLECTORS = [{"collector": {"code": f"BD-NGOC-LAC-{n:02}"}, "net": 1_180 + n} for n in range(9)]
ALERTS = [
    {
        "subject": {"unit_code": commune.code},
        "severity": "critical",
        "status": "acknowledged",
        "raised_at": "2025-10-30T18:30:00Z",
    }
    for commune in COMMUNES
]


SHARE = {
    "name": NAME,
    "value": 1_018.0,
    "attained": 1.352,
    "expected": 0.976,
    "ratio": 1.385,
    "needed_per_day": 124.4,
    "status": "on_track",
}
RANKED = [Ranked(n, 167 - n, f"{n}", f"Phường Đông Quang {n}", 1_200 + n, SHARE) for n in range(1, 167)]
PROVINCE = {"net": 13_402, "targets": [SHARE]}
FALLEN = {
    code: {"status": "resolved" if code.endswith("8") else "acknowledged"}
    for unit in UNITS
    if unit.code in FALL_BEHIND
    for code in (unit.code, *unit.communes)
}


def _checks() -> Checks:
    checks = Checks()
    checks.equal("Cẩm Thủy: webhooks, caught up", "raised, worsened, resolved", "raised, worsened, resolved")
    checks.equal("Cẩm Thủy: covered", 22_956, 22_955)
    return checks


def _mail() -> EmailMessage:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "ops@bhxh-38.example", "[CRITICAL] Xã Cẩm Thạch: 6.1% of the way, 10.4% expected"
    mail.set_content("Reached:       75.11% on 2025-11-01\n[version 2]")
    return mail


def _printed(width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    for part in (
        quote_table(QUOTE),
        report._progress_table(PROGRESS),
        report._collector_table(COLLECTORS),
        report._alert_table(ALERTS),
        report._mail(_mail()),
        ranking_table(RANKED, PROVINCE),
        fallen_table(FALLEN),
        report._check_table(_checks()),
        report._verdict(_checks()),
    ):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 60])
def test_no_figure_is_cut_in_a_narrow_terminal(width: int) -> None:
    printed = _printed(width)
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= width
    for figure in ("19,702", "+352", "+1,480", "22,476", "75.1%", "110.8%", "10.4%", "1,124.4", "not started"):
        assert figure in printed
    for figure in ("10,043,520", "1,010,880", "252,720", "3.15 %", "base salary: Decree 73/2024"):
        assert figure in printed
    for figure in ("Phường", "Đông", "166", "1,206", "13,402", "1,018", "135.2%", "97.6%", "1.385", "on track"):
        assert figure in printed
    for figure in ("Mường Lát", "Thường Xuân", "still", "acknowledged"):
        assert figure in printed
    for figure in ("BD-NGOC-LAC-08", "1,188", "acknowledged", "2025-10-31", "[CRITICAL]", "[version 2]"):
        assert figure in printed


def test_the_verdict_says_how_many_figures_are_right_and_which_are_not() -> None:
    printed = _printed(80)
    assert "1 of 2 figures right" in printed
    assert "22955, expected 22956" in printed


def test_the_next_steps_are_of_this_installation() -> None:
    asked = read_configuration({"DRIVE_DATA_DIR": "/srv/Dự án", "TARGETS_API_PORT": "9002"})
    steps = what_next(demo_configuration(asked), asked)
    assert "export TOKEN=$(DRIVE_DATA_DIR='/srv/Dự án' " in steps
    assert "targets=http://127.0.0.1:9002\n" in steps
    assert '"$targets/v1/progress/units/15142?scheme=household_health"' in steps
    assert "DRIVE_DATA_DIR" not in what_next(demo_configuration(read_configuration({})), read_configuration({}))
    assert max(map(len, what_next(read_configuration({}), read_configuration({})).splitlines())) <= 80


def test_the_ranking_shows_both_ends_and_says_whose_rank_has_changed() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(ranking_table(RANKED, PROVINCE))
    assert isinstance(console.file, io.StringIO)
    rows = [line.split() for line in console.file.getvalue().splitlines() if "Đông Quang" in line]
    up, down = (
        [[str(n), f"▲{167 - 2 * n}"] for n in range(1, 7)],
        [[str(n), f"▼{2 * n - 167}"] for n in range(161, 167)],
    )
    assert [row[:2] for row in rows] == up + down


def test_units_that_fell_behind_are_shown_with_their_communes_that_caught_up() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(fallen_table(FALLEN))
    assert isinstance(console.file, io.StringIO)
    [row] = [line.split() for line in console.file.getvalue().splitlines() if "Mường Lát" in line]
    assert row[-4:] == ["8", "1", "7", "acknowledged"]
