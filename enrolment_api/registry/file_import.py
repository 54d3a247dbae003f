"""Registering the rows of a file: what becomes of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from enrolment_api.registry import usecases
from enrolment_api.registry.file_rows import Entry, ReadRow, in_order
from enrolment_api.registry.schemas import MOST_LINES, FileAnswer, RefusedLine
from services.context import Context
from services.errors import DomainError
from services.pages import pages
from services.persistence.unit_of_work import UnitOfWork
from services.web.problems import problem_of

_PAGE: Final = 1000
"""How many rows a statement takes."""


async def register_rows(work: UnitOfWork, context: Context, rows: Sequence[ReadRow]) -> dict[int, str | DomainError]:
    """What became of each row, by its line: made, changed, same, or why it was refused. A bad row does not affect the
    others, but for those below what it would have registered."""
    outcomes: dict[int, str | DomainError] = {r.line: r.entry for r in rows if isinstance(r.entry, DomainError)}
    for together in in_order(rows):
        for page in _pages(together):
            registered = await usecases.register(work, context, [entry for _, entry in page])
            for (line, _), outcome in zip(page, registered, strict=True):
                outcomes[line] = outcome if isinstance(outcome, DomainError) else outcome.result
    return outcomes


def answer_of(outcomes: dict[int, str | DomainError], base: str, *, dry_run: bool) -> FileAnswer:
    """What is answered; types of problems begin with `base`."""
    refused = [(line, o) for line, o in sorted(outcomes.items(), key=lambda e: e[0]) if isinstance(o, DomainError)]
    counts = Counter(outcome for outcome in outcomes.values() if isinstance(outcome, str))
    return FileAnswer(
        dry_run=dry_run,
        rows=len(outcomes),
        made=counts["made"],
        changed=counts["changed"],
        same=counts["same"],
        refused=len(refused),
        lines=[RefusedLine(line=line, problem=problem_of(o, base)) for line, o in refused[:MOST_LINES]],
    )


def _pages(rows: Sequence[ReadRow]) -> Iterator[Sequence[tuple[int, Entry]]]:
    entries = [(row.line, row.entry) for row in rows if not isinstance(row.entry, DomainError)]
    return pages(entries, _PAGE)
