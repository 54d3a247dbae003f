"""Rules that import-linter cannot express: all that pure packages may import, and which code reads the time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_NAMES = (
    "__future__ abc bisect calendar collections contextlib copy dataclasses datetime decimal enum fractions functools"
    " hashlib heapq hmac html ipaddress itertools json math numbers operator re statistics string textwrap types typing"
    " unicodedata urllib uuid zoneinfo"
)
VALUES = frozenset(_NAMES.split())
"""What of the standard library is values and functions of values."""

_READS_TIME = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime"},
}


SHARED = frozenset(
    {
        "services.errors",
        "services.vocabulary",
        "services.calendar",
        "services.names",
        "services.reconciliation.comparison",
    }
)
"""Pure modules of the chassis."""


def foreign_imports(file: Path, own: str) -> list[str]:
    """Modules imported by a file of a pure package, other than values, pure modules of the chassis and its `own`."""
    return [
        f"{file.name}:{line}: {module}"
        for line, module in _imports(ast.parse(file.read_text()))
        if module.partition(".")[0] not in VALUES and module not in SHARED and not f"{module}.".startswith(f"{own}.")
    ]


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or "."


def reads_of_the_time(file: Path) -> list[str]:
    """Places that ask the system for the date or the time of day, under whatever name they imported it."""
    tree = ast.parse(file.read_text())
    names = _imported_names(tree)
    return [f"{file.name}:{line}: {code}" for line, code in _reads(tree, names)]


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name to what it stands for, for imports of `datetime` and `time`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(a.asname or a.name): a.name for a in node.names if a.name in {"datetime", "time"}}
        elif isinstance(node, ast.ImportFrom) and node.module in {"datetime", "time"}:
            names |= {(a.asname or a.name): f"{node.module}.{a.name}" for a in node.names}
    return names


def _reads(tree: ast.Module, names: dict[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            code = ast.unparse(node)
            head, _, tail = code.partition(".")
            *_, owner, name = ["", *f"{names.get(head, '')}.{tail}".rstrip(".").split(".")]
            if name in _READS_TIME.get(owner, ()):
                yield node.lineno, code
