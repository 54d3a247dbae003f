"""Values of stored JSON in SQL, null where something else stands there: so that one document that was damaged takes no
statement about many with it."""

from __future__ import annotations


def list_in(document: str) -> str:
    """The document, where it is a list."""
    return f"CASE WHEN jsonb_typeof({document}) = 'array' THEN {document} END"


def number_in(document: str) -> str:
    """The document as a number, where it is one."""
    return f"CASE WHEN jsonb_typeof({document}) = 'number' THEN CAST({document} AS numeric) END"


def count_in(document: str) -> str:
    """The document as a number of things, where it is one: from 0 to a million, so that sums of many rows have room."""
    return f"CASE WHEN {number_in(document)} BETWEEN 0 AND 1000000 THEN CAST({number_in(document)} AS int) END"
