"""Durations as they are written: ISO 8601, without years and months, whose length varies."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter

FORM: Final = "P([0-9]{1,2}W|[0-9]{1,3}D|([0-9]{1,3}D)?T([0-9]{1,4}H([0-9]{1,4}M)?|[0-9]{1,5}M))"
"""A pattern."""
_DURATION: Final = TypeAdapter(timedelta)


def duration_of(written: str) -> timedelta:
    """What is written, such as PT4H."""
    return _DURATION.validate_python(written)
