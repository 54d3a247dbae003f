"""An alert with all that the passing of time goes by."""

from __future__ import annotations

from collections.abc import Sequence

from notifications.alerts.rows import state_of
from notifications.domain.escalation import Chain, chain_of
from notifications.domain.passing import Case
from notifications.handling.remedies import remedy_of
from notifications.tables.alerts import AlertRow
from notifications.tables.reports import AlertRemedyRow


def case_of(row: AlertRow, remedies: Sequence[AlertRemedyRow], chains: Sequence[Chain]) -> Case:
    """As the rules take it."""
    return Case(state_of(row), tuple(map(remedy_of, remedies)), chain_of(row.path, chains))
