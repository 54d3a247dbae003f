"""What the clock finds due: acknowledgements without a report, reports, remedies, steps of escalation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from notifications.alerts.changes import Because, Step, save_steps, step_of
from notifications.alerts.due import end_of
from notifications.alerts.rows import state_of, with_state
from notifications.alerts.snapshots import PUT_OFF, readable
from notifications.domain.escalation import Chain, step_due_at
from notifications.domain.passing import pass_until
from notifications.domain.terms import Terms
from notifications.escalations.queries import all_chains
from notifications.handling import store
from notifications.handling.cases import case_of
from notifications.handling.remedies import save
from notifications.tables.alerts import AlertRow
from notifications.tables.locks import ESCALATIONS
from notifications.tables.reports import AlertRemedyRow
from services.clock import Clock
from services.context import Context, context_of
from services.persistence.database import Database
from services.persistence.locks import take_shared
from services.persistence.unit_of_work import UnitOfWork

PAGE: Final = 100


class Deadlines:
    """Does what is due, alert by alert, page by page, each in a unit of work of its own; any number may run."""

    def __init__(self, database: Database, clock: Clock, terms: Terms, wake: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._terms = terms
        self._wake = wake

    async def meet(self) -> None:
        """Do all that is due by now."""
        while await self._page() == PAGE:
            pass

    async def _page(self) -> int:
        async with self._database.write() as work:
            done = await meet_deadlines(work, context_of(self._clock), self._terms, PAGE)
            if done:
                work.after_commit(self._wake)
            return done


async def meet_deadlines(work: UnitOfWork, context: Context, terms: Terms, most: int) -> int:
    """Do what is due of so many alerts; of how many there was something to do. One that cannot be read is put off."""
    await take_shared(work, ESCALATIONS)
    rows = await store.due(work, context.at, most)
    chains = await all_chains(work)
    remedies = await store.remedies_of(work, [row.id for row in rows])
    steps = [step for row in rows for step in _met_or_put_off(row, remedies[row.id], chains, context)]
    await work.add(*rows, *(remedy for row in rows for remedy in remedies[row.id]))
    await save_steps(work, context, steps, terms)
    return len(rows)


def _met_or_put_off(
    row: AlertRow, remedies: Sequence[AlertRemedyRow], chains: Sequence[Chain], context: Context
) -> Iterator[Step]:
    if readable(row):
        yield from _met(row, remedies, chains, context)
    else:
        row.next_deadline_at = row.next_escalation_at = context.at + PUT_OFF


def _met(
    row: AlertRow, remedies: Sequence[AlertRemedyRow], chains: Sequence[Chain], context: Context
) -> Iterator[Step]:
    because = Because(context.at, context.correlation_id)
    case = case_of(row, remedies, chains)
    for happened in pass_until(case, context.at, end_of):
        case = happened.case
        yield step_of(with_state(row, case.alert), happened.decision, because)
    save(remedies, case.remedies, context.at)
    with_state(row, state_of(row))  # the next deadline, also where nothing was to be done
    row.next_escalation_at = step_due_at(case.alert, case.chain)
