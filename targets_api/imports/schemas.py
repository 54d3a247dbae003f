"""Query and answers of files of targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, Field

from services.shown import ShownDay, ShownId, ShownNumber, ShownValue, shown, shown_list
from services.web.fields import Day, Reason, Truth
from services.web.lists import QueryParameters
from services.web.problems import Problem, problem_of
from targets_api.imports.plans import OfAll, Planned, Result
from targets_api.imports.rows import MOST_ROWS, by_column

MOST_PROBLEMS: Final = 1000


class TargetFileQuery(QueryParameters):
    """How to take a file."""

    dry_run: Truth = Field(
        False, description="true: say what would become of the rows, and keep nothing", examples=[False]
    )
    holds_from: Day | None = Field(
        None,
        alias="from",
        description="From which day on values of rows without a `from` hold that change one; default: today. Where the "
        "period begins later, from its first day on",
        examples=["2025-10-31"],
    )
    reason: Reason | None = Field(None, description="Why rows without a `reason` change a value")

    def of_all(self) -> OfAll:
        """What all rows are revised by."""
        return OfAll(self.holds_from, self.reason)


ResultWord: TypeAlias = Annotated[Result, Field(description="What became of the row", examples=["revised"])]


class TargetLine(BaseModel):
    """A row that changes something, or was refused."""

    line: ShownNumber = Field(description="The line on which it begins; the names of the columns are line 1")
    result: ResultWord
    target_id: ShownId | None = Field(None, description="The target; null where it is refused, or would be set")
    value_before: ShownValue | None = Field(None, description="The value before, of a revised one", examples=[0.95])
    value: ShownValue | None = Field(None, description="The value from now on; null where the row is refused")
    holds_from: ShownDay | None = Field(
        None, serialization_alias="from", description="From which day on, of a revised one", examples=["2025-10-31"]
    )
    problem: Problem | None = Field(
        None, description="Why it is refused, and how to correct it: each pointer is a column", examples=[None]
    )


class TargetFileAnswer(BaseModel):
    """What became of the rows of a file; of a dry run, what would."""

    dry_run: bool = shown("Whether nothing was kept", False)
    rows: ShownNumber = Field(description="How many rows it has", examples=[169])
    set: ShownNumber = Field(description="How many targets are new", examples=[167])
    revised: ShownNumber = Field(description="How many have another value", examples=[1])
    same: ShownNumber = Field(description="How many were set already, with the same value", examples=[0])
    refused: ShownNumber = Field(description="How many rows were refused", examples=[1])
    left: ShownNumber = Field(
        description="How many rows were not reached in the time of a request: send the same file again. What was left "
        "comes first then",
        examples=[0],
    )
    lines: Annotated[
        list[TargetLine],
        shown_list(
            f"Rows that are new, revised or refused, in their order; of refused ones the first {MOST_PROBLEMS:,}",
            [],
            most=MOST_ROWS,
        ),
    ]


def answer_of(planned: Sequence[Planned], base: str, *, dry_run: bool) -> TargetFileAnswer:
    """What is answered; types of problems begin with `base`."""
    counts = Counter(each.result for each in planned)
    refused = [each.line for each in planned if each.result == "refused"][:MOST_PROBLEMS]
    last = refused[-1] if refused else 0
    listed = [each for each in planned if each.result in ("set", "revised") or (each.refusal and each.line <= last)]
    return TargetFileAnswer(
        dry_run=dry_run,
        rows=len(planned),
        set=counts["set"],
        revised=counts["revised"],
        same=counts["same"],
        refused=counts["refused"],
        left=counts["left"],
        lines=[_line(each, base, dry_run=dry_run) for each in listed],
    )


def _line(each: Planned, base: str, *, dry_run: bool) -> TargetLine:
    if each.refusal:
        return TargetLine(line=each.line, result="refused", problem=problem_of(by_column(each.refusal), base))
    target, revision = each.target, each.revision
    assert target is not None  # noqa: S101 - whatever is not refused has one
    is_there = revision is not None or not dry_run
    return TargetLine(
        line=each.line,
        result=each.result,
        target_id=target.id if is_there else None,
        value_before=target.value if revision else None,
        value=revision.value if revision else target.value,
        holds_from=revision.holds_from if revision else None,
    )
