"""Units of work that lock the attainment of several targets, in several steps, never block each other for good."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.context import Actor, context_of
from services.contracts.envelope import Event
from services.contracts.reconciliation import KnownPace, ResendFacts, ResendRequested
from services.contracts.sources import NOTIFICATIONS_SOURCE, TARGETS_SOURCE
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork
from targets_api.attainment.recount import recount
from targets_api.attainment.store import lock_attainment
from targets_api.domain.revision import Revision
from targets_api.targets.usecases import change_target
from targets_api.worker import handlers
from tests.support import blocking
from tests.support.waiting import soon
from tests.targets_api.builders import CAM_THACH, NOON, TargetsService, a_sign_up, a_unit, an_organisation

FRIDAY = date(2025, 11, 7)


async def handle(service: TargetsService, work: UnitOfWork, kind: type[Event], events: Sequence[Event]) -> None:
    """Events of one class, in a unit of work that goes on."""
    context = context_of(service.runtime.clock, events[0].correlationid)
    await handlers(service.runtime)[kind](work, context, events)


async def handle_beside(service: TargetsService, batch: Sequence[Event], other: Coroutine[Any, Any, None]) -> None:
    """Handle a batch; between its first class of events and the rest, another unit of work gets as far as it can.

    Raises what went wrong in either.
    """
    steps = [(kind, run) for kind in handlers(service.runtime) if (run := [e for e in batch if type(e) is kind])]
    async with service.runtime.database.write() as work:
        await handle(service, work, *steps[0])
        task = asyncio.create_task(other)
        await until_done_or_blocked(service, task)
        for step in steps[1:]:
            await handle(service, work, *step)
    await soon(task)


async def until_done_or_blocked(service: TargetsService, task: asyncio.Task[Any]) -> None:
    """Until the task has ended, or waits for a lock."""
    await blocking.until_done_or_blocked(service.runtime.database, task)


async def a_target_of_each(service: TargetsService) -> tuple[str, str]:
    """The ids of a target of an organisation and of one of a unit, which comes after it in the order of ids."""
    of_organisation = await service.target(scope={"organisation_code": "CT"})
    of_unit = await service.target(scope={"unit_code": CAM_THACH})
    assert of_organisation["id"] < of_unit["id"]
    return of_organisation["id"], of_unit["id"]


def asks_about(target_id: str) -> ResendRequested:
    """A listener's question where a target stands, of which it has received nothing."""
    known = KnownPace.model_validate({"target_id": target_id, "episode": 0, "revision": 0})
    return ResendRequested(
        id=new_id(),
        source=NOTIFICATIONS_SOURCE,
        subject=TARGETS_SOURCE,
        time=NOON,
        correlationid="the-request",
        data=ResendFacts(addressee=TARGETS_SOURCE, targets=(known,)),
    )


async def reviewed_on(service: TargetsService) -> Sequence[date | None]:
    """The day of each target's last review."""
    return [row.reviewed_on for row in await service.rows("SELECT reviewed_on FROM target_progress")]


async def test_a_sweep_and_a_batch_that_moves_units_and_organisations_both_end(service: TargetsService) -> None:
    await a_target_of_each(service)
    service.runtime.clock.pin(FRIDAY)
    await handle_beside(
        service, [a_unit(CAM_THACH, "38", version=2), an_organisation("CT", version=2)], service.sweep()
    )
    await service.sweep()
    assert await reviewed_on(service) == [FRIDAY, FRIDAY]


async def test_two_batches_that_count_and_answer_a_listener_both_end(service: TargetsService) -> None:
    of_organisation, of_unit = await a_target_of_each(service)

    elsewhere = a_sign_up(unit_code="15127", signed_on=date(2025, 11, 3))
    in_the_unit = a_sign_up(organisation_code="NL", signed_on=date(2025, 11, 3))
    await handle_beside(
        service, [elsewhere, asks_about(of_unit)], service.handle([in_the_unit, asks_about(of_organisation)])
    )
    assert [await service.achieved(each) for each in (of_organisation, of_unit)] == [1, 1]


async def test_a_revision_and_a_count_by_parts_both_end(service: TargetsService) -> None:
    await service.baseline(date(2025, 10, 24))
    target = await service.target(scope={"unit_code": "CS-CT"}, measure="in_force", value=20_000)
    ids = [UUID(target["id"])]

    async def revise() -> None:
        body = {"version": 1, "value": 21_000, "from": "2025-11-03", "reason": "A higher goal."}
        answer = await service.http.post(f"/v1/targets/{target['id']}/revision", json=body)
        assert answer.status_code == 200, answer.text

    async with service.runtime.database.write() as work:
        await lock_attainment(work, ids)
        task = asyncio.create_task(revise())
        await until_done_or_blocked(service, task)
        await recount(work, ids)
    await soon(task)
    assert len(await service.rows("SELECT 1 FROM target_parts")) == 1


async def test_who_waits_for_a_revision_judges_by_the_new_value(service: TargetsService) -> None:
    target = await service.target()
    await service.handle([a_sign_up(signed_on=date(2025, 11, 4)) for _ in range(30)])
    service.runtime.clock.pin(date(2025, 11, 8))
    await service.sweep()
    assert await service.transitions() == ["fell_behind"]
    actor = Actor("BHXH-38", "a client", frozenset())
    async with service.runtime.database.write() as work:
        context = context_of(service.runtime.clock, actor=actor)
        revision = Revision(version=1, value=40, holds_from=date(2025, 11, 3), reason="A lower goal.")
        await change_target(work, context, UUID(target["id"]), revision)
        task = asyncio.create_task(service.handle([asks_about(target["id"])]))
        await until_done_or_blocked(service, task)
    await soon(task)
    events = await service.published()
    assert [event.type.split(".")[2] for event in events] == ["fell_behind", "recovered", "recovered"]
    assert events[-1].data.figures.value == 40
