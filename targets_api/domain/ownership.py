"""Whose a target is: that of the organisation that its scope names, else of its collector's. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from services.vocabulary import Scope


def organisation_of(scope: Scope, employers: Mapping[str, str]) -> str | None:
    """The organisation that a target of this scope belongs to; None for that of a unit alone, which is everybody's.

    `employers` are the organisations of collectors, by the collector's code.
    """
    if scope.organisation_code is not None:
        return scope.organisation_code
    return None if scope.collector_code is None else employers.get(scope.collector_code)
