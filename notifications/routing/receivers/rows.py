"""Receivers as rows, and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, Final

from notifications.domain.receiver import Receiver
from notifications.tables.receivers import ReceiverRow

_FIELDS: Final = tuple(field.name for field in fields(Receiver))


def receiver_of(row: ReceiverRow | None) -> Receiver:
    """What is known of it; without a row, nothing."""
    return Receiver(**{name: getattr(row, name) for name in _FIELDS}) if row else Receiver()


def values_of(receiver: Receiver) -> dict[str, Any]:
    """The columns of the row that hold what is known."""
    return asdict(receiver)
