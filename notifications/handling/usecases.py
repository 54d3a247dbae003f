"""Acknowledge alerts, report on them, say what became of remedies, end alerts by hand. Each takes what its author has
seen, and says what the alert is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from notifications.alerts import store as alerts
from notifications.alerts.changes import Because, save_steps, step_of
from notifications.alerts.due import acknowledged_until
from notifications.alerts.rows import state_of, with_state
from notifications.alerts.showing import shown_one
from notifications.causes.queries import known_causes
from notifications.domain import life, report
from notifications.domain.alert import Changed, NoSuchAlert, Person
from notifications.domain.escalation import chain_of, take_step
from notifications.domain.passing import summary_of
from notifications.domain.report import Cause, Plan, Settled
from notifications.domain.terms import Terms
from notifications.escalations.queries import all_chains
from notifications.handling import store
from notifications.handling.remedies import cause_rows, remedy_of, remedy_rows, save
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.tables.alerts import AlertRow
from notifications.tables.reports import AlertRemedyRow
from services.context import Context
from services.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Seen:
    """The alert that is to be changed, at the version that its author has seen; where `own_of` is given, it is one of
    that organisation's own."""

    alert_id: UUID
    version: int
    own_of: str | None = None


async def acknowledge(work: UnitOfWork, context: Context, seen: Seen, note: str | None, terms: Terms) -> AlertSnapshot:
    """The alert, acknowledged by the actor. Raises NoSuchAlert, AlreadyResolved, AlreadyAcknowledged, StaleVersion."""
    row = await _locked(work, seen)
    until = acknowledged_until(context.at, terms)
    decision = life.acknowledge(state_of(row), seen.version, _actor(context), context.at, until)
    return await _saved(work, context, row, decision, note, terms)


async def report_alert(
    work: UnitOfWork, context: Context, seen: Seen, causes: Sequence[Cause], plans: Sequence[Plan], terms: Terms
) -> AlertSnapshot:
    """The alert, with these causes, and these remedies beside those of earlier reports.

    Raises NoSuchAlert, AlreadyResolved, StaleVersion, Invalid.
    """
    row = await _locked(work, seen)
    before = [remedy_of(each) for each in await _remedies(work, row)]
    added = report.added(plans, before)
    summary = report.in_short([cause.code for cause in causes], [*before, *added])
    decision = life.report(state_of(row), seen.version, summary, _actor(context), context.at)
    catalogue = await known_causes(work, {cause.code for cause in causes})
    report.check_report(causes, plans, catalogue=catalogue, before=before, today=context.today)
    version = decision.alert.version
    await store.insert_report(work, cause_rows(row.id, version, causes), remedy_rows(row.id, version, plans, added))
    return await _saved(work, context, row, decision, None, terms)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the remedy of that number."""

    n: int
    state: Settled
    note: str | None = None


async def settle_remedy(
    work: UnitOfWork, context: Context, seen: Seen, outcome: Outcome, terms: Terms
) -> AlertSnapshot:
    """The alert, of which a remedy was done, missed or dropped.

    Raises NoSuchAlert, AlreadyResolved, StaleVersion, NoSuchRemedy, RemedyIsSettled.
    """
    row = await _locked(work, seen)
    rows = await _remedies(work, row)
    alert = state_of(row)
    life.check_change(alert, seen.version)
    remedies = report.settled([remedy_of(each) for each in rows], outcome.n, outcome.state, outcome.note)
    decision = life.settle(alert, seen.version, outcome.n, outcome.state, summary_of(alert, remedies))
    await work.add(*save(rows, remedies, context.at))
    further = await _escalated(work, row, decision) if outcome.state == "missed" else ()
    return await _saved(work, context, row, decision, outcome.note, terms, further)


async def resolve(work: UnitOfWork, context: Context, seen: Seen, reason: str, terms: Terms) -> AlertSnapshot:
    """The alert, ended by the actor. Raises NoSuchAlert, AlreadyResolved, StaleVersion."""
    row = await _locked(work, seen)
    decision = life.resolve(state_of(row), seen.version, reason, _actor(context), context.at)
    return await _saved(work, context, row, decision, reason, terms)


async def _locked(work: UnitOfWork, seen: Seen) -> AlertRow:
    row = await alerts.one_for_change(work, seen.alert_id, seen.own_of)
    if row is None:
        raise NoSuchAlert(f"no alert has the id {seen.alert_id}")
    return row


async def _remedies(work: UnitOfWork, row: AlertRow) -> list[AlertRemedyRow]:
    return (await store.remedies_of(work, [row.id]))[row.id]


async def _escalated(work: UnitOfWork, row: AlertRow, decision: Changed) -> Sequence[Changed]:
    step = take_step(decision.alert, chain_of(row.path, await all_chains(work)), "not_remedied")
    return [step] if isinstance(step, Changed) else []


async def _saved(
    work: UnitOfWork,
    context: Context,
    row: AlertRow,
    decision: Changed,
    note: str | None,
    terms: Terms,
    further: Sequence[Changed] = (),
) -> AlertSnapshot:
    """`further` follows from the decision, and is nobody's."""
    because = Because(context.at, context.correlation_id, _actor(context), note)
    steps = [step_of(with_state(row, decision.alert), decision, because)]
    follows = Because(context.at, context.correlation_id)
    steps += [step_of(with_state(row, each.alert), each, follows) for each in further]
    await work.add(row)
    await save_steps(work, context, steps, terms)
    return await shown_one(work, row, context.at)


def _actor(context: Context) -> Person:
    organisation, actor = context.organisation(), context.actor
    return Person(organisation, actor.subject if actor else organisation, actor.name if actor else None)
