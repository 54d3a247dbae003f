"""Batches: a list whose items are read one by one, so that a bad one does not affect the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.errors import DomainError
from services.web.field_errors import MOST_ERRORS, cut_short, shortened
from services.web.item_bodies import ItemBody, items_of
from services.web.json_body import refuse_too_many_values, validated
from services.web.repeated_names import may_repeat_names

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MOST_BATCH_ERRORS: Final = 1_000
"""Of all items together; from then on one of each item."""
_LONGEST_DETAIL: Final = 200
_ITEMS_AT_ONCE: Final = 8


class Items(Protocol[T_co]):
    """A batch that was read as a whole."""

    @property
    def items(self) -> Sequence[T_co]: ...


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be accepted: why, and its value but for numbers."""

    refusal: DomainError
    value: Any


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """How a body is read: as a `whole`, which is the fast way; where that fails, each of at most `most` items."""

    whole: TypeAdapter[Any]
    item: TypeAdapter[T]
    most: int

    async def read(self, raw: bytes) -> Sequence[T | BadItem]:
        """The items, bad ones among them. Raises Malformed or Invalid where the body as a whole is wrong."""
        try:
            batch: Items[T] = self.whole.validate_json(raw)
        except ValidationError:
            return await self._each(raw)
        return await self._each(raw) if may_repeat_names(raw, batch) else batch.items

    async def _each(self, raw: bytes) -> Sequence[T | BadItem]:
        """Other requests are answered in between: to refuse a thousand items takes longer than to take them."""
        await asyncio.sleep(0)
        read: list[T | BadItem] = []
        left = MOST_BATCH_ERRORS
        for item in items_of(raw, self.most):
            if len(read) % _ITEMS_AT_ONCE == 0:
                await asyncio.sleep(0)
            read.append(one := self._read(item))
            if isinstance(one, BadItem):
                left -= _shorten(one.refusal, left)
        return read

    def _read(self, item: ItemBody) -> T | BadItem:
        try:
            refuse_too_many_values(item.raw)
            return validated(item.raw, self.item)
        except DomainError as refusal:
            return BadItem(refusal, item.value)


def _shorten(refusal: DomainError, left: int) -> int:
    """Make it fit, of an answer that has room for so many more errors; how many of them it takes."""
    refusal.errors = shortened(refusal.errors, min(max(left, 1), MOST_ERRORS))
    if left <= 0:
        refusal.detail = cut_short(refusal.detail, _LONGEST_DETAIL)
    return len(refusal.errors)
