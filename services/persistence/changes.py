"""Whether what is put differs from what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import SQLModel


def would_change(row: SQLModel, values: Mapping[str, Any]) -> bool:
    """Whether a column would have another value."""
    return any(getattr(row, name) != value for name, value in values.items())
