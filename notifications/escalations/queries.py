"""Reads of the chains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlmodel import col, select

from notifications.domain.escalation import Chain, Step
from notifications.tables.escalations import EscalationRow
from services.durations import duration_of
from services.persistence.unit_of_work import ReadSession

ALL: Final = select(EscalationRow).order_by(col(EscalationRow.name))


def chain_of_row(row: EscalationRow) -> Chain:
    """The chain as the rules take it."""
    steps = [Step(duration_of(step["after"]), tuple(step["routes"])) for step in row.steps]
    return Chain(row.name, row.under, tuple(steps))


async def all_escalations(session: ReadSession) -> Sequence[EscalationRow]:
    """Every chain, by name."""
    return (await session.scalars(ALL)).all()


async def all_chains(session: ReadSession) -> list[Chain]:
    """The same, as the rules take it."""
    return [chain_of_row(row) for row in await all_escalations(session)]
