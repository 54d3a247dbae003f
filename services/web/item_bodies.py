"""Bodies of the form `{"items": [...]}`, taken apart so that a bad item harms no other."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json

from services.errors import FieldError, Invalid
from services.web.field_errors import pointer_to, refusal
from services.web.json_body import malformed_at, parsed
from services.web.remedies import REMEDIES

_BLANK: Final = r"[ \t\n\r]*"
_OPENING: Final = re.compile(rf'{_BLANK}\{{{_BLANK}"items"{_BLANK}:{_BLANK}\[{_BLANK}(?!\])')
_COMMA: Final = re.compile(rf"{_BLANK},{_BLANK}")
_FOLLOWING: Final = re.compile(rf"{_BLANK}[,\]]")
_CLOSING: Final = re.compile(rf"{_BLANK}\]{_BLANK}\}}{_BLANK}")


def _no_number(_: str) -> None:
    """Numbers are not looked at here, however long they are."""


_DECODER: Final = json.JSONDecoder(
    strict=False, parse_int=_no_number, parse_float=_no_number, parse_constant=_no_number
)
"""Takes more than JSON, to find the end of an item that is then refused for itself."""


@dataclass(frozen=True, slots=True)
class ItemBody:
    """One item as it was written, and its value but for numbers."""

    raw: bytes
    value: Any


def items_of(raw: bytes, most: int) -> list[ItemBody]:
    """The items of a body, one at least. Raises Malformed or Invalid where the body as a whole is wrong."""
    found = _split(raw.decode("utf-8", "surrogateescape"), most)
    return found or [ItemBody(to_json(item), item) for item in _list_in(parsed(raw), most)]


def _split(text: str, most: int) -> list[ItemBody] | None:
    """The items of a body that is written the usual way, else None. Raises Malformed, naming the item."""
    opening = _OPENING.match(text)
    found: list[ItemBody] = []
    while opening and len(found) < most:
        item, end = _item_at(text, opening.end(), len(found))
        found.append(item)
        opening = _COMMA.match(text, end)
    return found if found and not opening and _CLOSING.fullmatch(text, end) else None


def _item_at(text: str, begin: int, index: int) -> tuple[ItemBody, int]:
    """The item that begins there, and where it ends."""
    try:
        value, end = _DECODER.raw_decode(text, begin)
        if not _FOLLOWING.match(text, end):
            raise json.JSONDecodeError("Expecting ',' or ']'", text, end)
    except json.JSONDecodeError as error:
        raise malformed_at(error.lineno, error.colno, error.msg, f"/items/{index}") from None
    except RecursionError:
        line, column = text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin)
        raise malformed_at(line, column, "nested too deeply", f"/items/{index}") from None
    return ItemBody(text[begin:end].encode("utf-8", "surrogateescape"), value), end


def _list_in(body: object, most: int) -> list[Any]:
    if not isinstance(body, dict) or not isinstance(body.get("items"), list):
        raise Invalid.field("/items", 'a list is expected: {"items": [...]}')
    if unknown := body.keys() - {"items"}:
        remedy = REMEDIES["extra_forbidden"]
        raise refusal(Invalid, sorted(unknown), lambda name: FieldError(pointer_to([name]), remedy))
    items: list[Any] = body["items"]
    if len(items) > most:
        raise Invalid.field("/items", f"a batch has at most {most:,} items, not {len(items):,}: split it")
    if not items:
        raise Invalid.field("/items", "a batch has at least one item")
    return items
