"""Codes of units, organisations and collectors as they come in from outside."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import StringConstraints

NO_NUL = r"^[^\x00]*$"
"""PostgreSQL's text holds every character but NUL."""
Code: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=NO_NUL)]
