"""Identifiers: UUID version 7 (RFC 9562), which sort by the time they were made."""

from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

FIRST_ID: Final = UUID(int=0)
"""Before every id: where pages in the order of ids begin."""


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()
