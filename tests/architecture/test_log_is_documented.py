"""Every event that is logged is in the tables of docs/monitoring.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("services", "enrolment_api", "targets_api", "notifications", "drive", "migrations")
LEVELS = {"debug", "info", "warning", "error", "exception"}
ROW = re.compile(r"^\| ((?:`[a-z_]+`(?:, )?)+) \| (?:debug|info|warning|error)", re.MULTILINE)
DOCUMENT = (ROOT / "docs" / "monitoring.md").read_text()


def is_logging(call: ast.Call) -> bool:
    """Whether it writes a line: `log.info(…)`, `self._log.error(…)`, `structlog.get_logger(…).warning(…)`."""
    match call.func:
        case ast.Attribute(attr=level, value=logger) if level in LEVELS:
            return re.search(r"\b_?log\b|get_logger", ast.unparse(logger)) is not None
    return False


def events_of(file: Path) -> Iterator[str]:
    """The event of each line that the file logs; each is a constant, so that people find it in the code."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and is_logging(node):
            yield from texts_in(node.args[0])


def texts_in(event: ast.expr) -> list[str]:
    """What the event may be."""
    return [each.value for each in ast.walk(event) if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def logged() -> set[str]:
    """The events of all services and of the command line."""
    return {event for package in PACKAGES for file in (ROOT / package).rglob("*.py") for event in events_of(file)}


def documented() -> list[str]:
    """The events in the first column of the tables."""
    return [event for row in ROW.findall(DOCUMENT) for event in re.findall(r"`([a-z_]+)`", row)]


def test_every_event_of_the_log_is_documented_and_no_other() -> None:
    assert set(documented()) == logged()
