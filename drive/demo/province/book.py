"""What the post offices have signed up, as they know it: the services have to come to the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from drive.demo.province.places import COMMUNES
from drive.demo.province.plan import Planned


@dataclass
class Book:
    """Sign-ups by commune and day."""

    cancelled: int = 0
    corrected: int = 0
    _signed_up: Counter[Planned] = field(default_factory=Counter)

    def add(self, sign_ups: Iterable[Planned]) -> None:
        """They were recorded."""
        self._signed_up.update(sign_ups)

    def cancel(self, sign_up: Planned) -> None:
        """It counts no more."""
        self._signed_up[sign_up] -= 1
        self.cancelled += 1

    def move(self, sign_up: Planned, commune: str) -> None:
        """It counts for another commune, on the same day."""
        self._signed_up[sign_up] -= 1
        self._signed_up[Planned(commune, sign_up.on)] += 1
        self.corrected += 1

    @property
    def net(self) -> int:
        """In the whole province."""
        return self._signed_up.total()

    def nets(self, until: date) -> dict[str, int]:
        """Of each commune, by the end of this day."""
        found = dict.fromkeys(COMMUNES, 0)
        for sign_up, how_many in self._signed_up.items():
            if sign_up.on <= until:
                found[sign_up.commune] += how_many
        return found
