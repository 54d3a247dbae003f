"""Lists: one form of query parameters, one form of page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from services.pages import MOST
from services.shown import shown
from services.web.fields import digits

T = TypeVar("T")
R = TypeVar("R")

DEFAULT_LIMIT: Final = 100
AFTER: Final = "The `next` of the page before"
"""What a list says of its parameter `after`."""

Limit: TypeAlias = Annotated[
    int, digits(least=1, most=MOST), Field(description=f"How many at most, up to {MOST}", examples=[DEFAULT_LIMIT])
]


class QueryParameters(BaseModel):
    """Parameters of a query; one that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListQuery(QueryParameters):
    """Which part of a list. A list's own query adds its filters, and `after` with the type of its cursor."""

    limit: Limit = DEFAULT_LIMIT


class Page(BaseModel, Generic[T]):
    """A part of a list; `next` goes into `after` to read on, and is null at the end."""

    items: Annotated[list[T], Field(description="What is on this page", json_schema_extra={"maxItems": MOST})]
    next: (
        Annotated[str, shown("Goes into `after` to read on", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01", maxLength=200)]
        | None
    ) = None


@dataclass(frozen=True, slots=True)
class Cut(Generic[R]):
    """The rows of one page, and the cursor of the next one."""

    rows: Sequence[R]
    next: str | None


def cut(found: Sequence[R], limit: int, cursor: Callable[[R], object]) -> Cut[R]:
    """A page of rows that were read with `limit + 1`: one more than asked for shows that there is a next page."""
    rows = found[:limit]
    return Cut(rows, str(cursor(rows[-1])) if len(found) > limit else None)
