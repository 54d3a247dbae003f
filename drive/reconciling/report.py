"""Findings, printed one by one: as a table for a person, as JSON objects a line, or as CSV."""

from __future__ import annotations

import csv
import json
import sys
from typing import Final, Literal, TypeAlias

import typer

from drive.reconciling.findings import Finding

Form: TypeAlias = Literal["table", "json", "csv"]
_FIELDS: Final = Finding._fields[:-1]
_HEADER: Final = ("what", "day", "unit", "scheme", "kind", "of", "expected", "found", "because")
_WIDTHS: Final = (19, 10, 10, 16, 7, 18, 8, 8, 0)


class Report:
    """Prints what it is given, and counts it."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._csv = csv.DictWriter(sys.stdout, _FIELDS, lineterminator="\n")
        self.differing = 0
        self.on_the_way = 0
        self._has_header = False

    def _print_header(self) -> None:
        if self._form == "csv" and not self._has_header:
            self._csv.writeheader()
        if self._form == "table" and not self._has_header:
            typer.echo(_line(_HEADER))
        self._has_header = True

    def print(self, finding: Finding) -> None:
        """One more."""
        self._print_header()
        self.differing += finding.is_real
        self.on_the_way += not finding.is_real
        values = {name: getattr(finding, name) for name in _FIELDS}
        match self._form:
            case "table":
                typer.echo(_row(finding))
            case "json":
                typer.echo(json.dumps({name: value for name, value in values.items() if value is not None}))
            case "csv":
                self._csv.writerow(values)


def _row(finding: Finding) -> str:
    of = finding.target_id or " ".join(filter(None, (finding.organisation_code, finding.collector_code)))
    shown = (finding.expected, finding.found)
    columns = (finding.what, finding.day, finding.unit_code, finding.scheme, finding.kind, of, *shown, finding.because)
    return _line(columns)


def _line(columns: tuple[object, ...]) -> str:
    texts = ("" if column is None else str(column) for column in columns)
    return "  ".join(text.ljust(width) for text, width in zip(texts, _WIDTHS, strict=True)).rstrip()
