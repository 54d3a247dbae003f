"""An answer as bytes, into which its freshness is put whenever it is sent."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from services.web.etag import Tagged, tagged
from targets_api.domain.freshness import Freshness
from targets_api.remembering.schemas import told

_NOTHING: Final = Freshness(None, None, None, None)
_GAP: Final = told(_NOTHING)
"""No string holds it: there, quotation marks are escaped."""


class Body:
    """The figures change where something was signed up, and `as_of` wherever it was: so they are kept apart."""

    __slots__ = ("_around", "_told")

    def __init__(self, answer: BaseModel) -> None:
        """The answer says UNTOLD of its freshness, if anything."""
        self._around = answer.model_dump_json(by_alias=True).encode().split(_GAP, 1)
        self._told: tuple[Freshness, Tagged] | None = None

    @property
    def n_bytes(self) -> int:
        """What it takes, with the answer that is told."""
        return 2 * sum(map(len, self._around))

    def told(self, fresh: Freshness) -> Tagged:
        """The answer with its tag. It is made once for each freshness."""
        if self._told is None or self._told[0] != fresh:
            self._told = fresh, tagged(told(fresh).join(self._around))
        return self._told[1]
