"""Rules that the import graph cannot tell: all that pure packages may import, and who asks the system for the time."""

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

_ASKING = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime"},
}


SHARED = frozenset(
    {
        "services.errors",
        "services.vocabulary",
        "services.calendar",
        "services.mail_address",
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


def askings_for_the_time(file: Path) -> list[str]:
    """Places that ask the system for the date or the time of day, under whatever name they imported it."""
    tree = ast.parse(file.read_text())
    names = _names_of_asked(tree)
    return [f"{file.name}:{line}: {words}" for line, words in _asked(tree, names)]


def _names_of_asked(tree: ast.Module) -> dict[str, str]:
    """Local name to what it stands for, for imports of `datetime` and `time`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(a.asname or a.name): a.name for a in node.names if a.name in {"datetime", "time"}}
        elif isinstance(node, ast.ImportFrom) and node.module in {"datetime", "time"}:
            names |= {(a.asname or a.name): f"{node.module}.{a.name}" for a in node.names}
    return names


def _asked(tree: ast.Module, names: dict[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            words = ast.unparse(node)
            head, _, tail = words.partition(".")
            *_, owner, asked = ["", *f"{names.get(head, '')}.{tail}".rstrip(".").split(".")]
            if asked in _ASKING.get(owner, ()):
                yield node.lineno, words
