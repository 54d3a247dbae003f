"""What becomes of single sign-ups: some are cancelled, some are corrected to another commune."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from drive.client.client import Client
from drive.demo.province.book import Book
from drive.demo.province.places import UNITS
from drive.demo.province.plan import Planned, course_of

_CANCELLED: Final = 2
"""Of each post office, each of a commune of its own; the next one is corrected."""
_NEIGHBOUR: Final = {
    commune: unit.communes[(n + 1) % len(unit.communes)] for unit in UNITS for n, commune in enumerate(unit.communes)
}


async def change_some(
    partner: Client, book: Book, sent: Sequence[Mapping[str, Any]], recorded: Sequence[Mapping[str, Any]]
) -> None:
    """Of what a post office has sent, and the ids that it was told. Only in communes that keep pace: one less makes no
    difference to their target."""
    ids = {item["external_ref"]: item["id"] for item in recorded}
    one_each = {each["unit_code"]: each for each in sent if course_of(each["unit_code"]) == "steady"}
    *cancelled, corrected = list(one_each.values())[: _CANCELLED + 1]
    for sign_up in cancelled:
        await _change(partner, ids[sign_up["external_ref"]], "cancellation", {"reason": "Covered by an employer"})
        book.cancel(_planned(sign_up))
    neighbour = _NEIGHBOUR[corrected["unit_code"]]
    body = {"reason": "Lives in the next commune", "changes": {"unit_code": neighbour}}
    await _change(partner, ids[corrected["external_ref"]], "correction", body)
    book.move(_planned(corrected), neighbour)


async def _change(partner: Client, sign_up_id: str, how: str, body: Mapping[str, Any]) -> None:
    await partner.send("POST", "enrolment", f"/v1/enrolments/{sign_up_id}/{how}", {"version": 1, **body})


def _planned(sign_up: Mapping[str, Any]) -> Planned:
    return Planned(sign_up["unit_code"], date.fromisoformat(sign_up["signed_on"]))
