"""How tables of the demo look."""

from __future__ import annotations

from typing import Final

from rich.table import Table

_COLOURS: Final = {"behind": "red", "missed": "red", "open": "red", "acknowledged": "yellow", "reported": "yellow"}


def titled(title: str) -> Table:
    """An empty table with this title above it."""
    return Table(title=title, title_justify="left", title_style="bold")


def coloured(status: str) -> str:
    """The status in words, red where somebody has to act."""
    return f"[{_COLOURS.get(status, 'green')}]{status.replace('_', ' ')}[/]"
