"""Every error is in docs/errors.md, with its remedy."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from services.errors import DomainError
from services.web.problems import status_of

PACKAGES = ("services", "enrolment_api", "targets_api", "notifications")
ROW = re.compile(r"^\| `(?P<code>[a-z-]+)` \| (?P<status>\d{3}) \| (?P<title>.+) \| (?P<remedy>\S.*) \|$", re.MULTILINE)
Row = tuple[str, int, str, str]

DOCUMENT = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()


def kinds(of: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every class of error of this project, wherever it is defined."""
    for kind in of.__subclasses__():
        if kind.__module__.partition(".")[0] in PACKAGES:
            yield kind
        yield from kinds(kind)


def raised() -> set[Row]:
    """Type, status, title and remedy of every error that the code can answer."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    return {(kind.code, status_of(kind.__new__(kind)), kind.title, kind.remedy) for kind in kinds()}


def documented() -> list[Row]:
    """The same of every row."""
    return [(row["code"], int(row["status"]), row["title"], row["remedy"]) for row in ROW.finditer(DOCUMENT)]


def test_every_error_is_documented_as_it_is_answered_and_no_other() -> None:
    assert set(documented()) == raised()


def test_no_error_is_documented_twice() -> None:
    codes = [code for code, *_ in documented()]
    assert len(codes) == len(set(codes))
