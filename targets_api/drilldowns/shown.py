"""Owners as they are shown in these lists."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from targets_api.drilldowns.schemas import OwnerBelow
from targets_api.progress.figures import Figures
from targets_api.progress.progress_view import owner_with_figures

Item = TypeVar("Item", bound=OwnerBelow)


def owner_in_list(kind: type[Item], figures: Figures[Any], today: date) -> Item:
    """Of an owner's figures those that such an item has: no coverage."""
    shown = owner_with_figures(figures, today)
    return kind(**{name: value for name, value in shown.items() if name in kind.model_fields})
