"""Which answers a target concerns: those on its scope, and on all that is above it."""

from __future__ import annotations

from collections.abc import Iterable

from services.persistence.unit_of_work import Touched
from targets_api.domain.target import Target


def touched_by_targets(targets: Iterable[Target]) -> set[Touched]:
    """What these targets are about."""
    return {
        Touched(kind, target.scheme, (code,))
        for target in targets
        for kind, code in (
            ("unit", target.scope.unit_code),
            ("organisation", target.scope.organisation_code),
            ("collector", target.scope.collector_code),
        )
        if code is not None
    }
