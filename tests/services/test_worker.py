"""A worker restarts its loops after failures, reports these, and lets the loops finish when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from services import waiting
from services import worker as worker_module
from services.errors import Unavailable
from services.messaging.broker import BrokerUnavailable
from services.messaging.in_process import InProcessBroker
from services.messaging.outbox import emit
from services.messaging.rabbitmq import RabbitBroker
from services.runtime import AnyRuntime
from services.worker import Worker
from tests.conftest import MakeRuntime
from tests.support.brokers import SUBSCRIPTIONS
from tests.support.effects import Effects, create_effects
from tests.support.events import a_unit
from tests.support.logged import logged, outages_in
from tests.support.processes import free_port
from tests.support.waiting import eventually, running, soon


@pytest_asyncio.fixture
async def runtime(make_runtime: MakeRuntime) -> AnyRuntime:
    """Any service's: each has the chassis's tables."""
    return await make_runtime("targets")


@pytest.fixture
def worker(runtime: AnyRuntime, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """A worker with short pauses."""
    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(waiting, "LONGEST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(worker_module, "LONGEST_PAUSE_SECONDS", 0.01)
    return Worker(runtime, InProcessBroker(SUBSCRIPTIONS))


class Falling:
    """A loop that fails a few times, then runs until it is stopped."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.runs = 0
        self.steady = asyncio.Event()
        self.stopped = asyncio.Event()

    async def run(self) -> None:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        self.steady.set()
        await self.stopped.wait()


async def is_well(worker: Worker) -> str:
    """What readiness reports of the loops."""
    try:
        await worker.check_loops()
    except Unavailable as error:
        return error.detail
    return "ok"


@pytest.mark.parametrize("error", [Unavailable("gone for lunch"), RuntimeError("a bug")], ids=["away", "bug"])
async def test_a_loop_that_fails_is_reported_restarted_and_cleared_once_it_runs(
    worker: Worker, error: Exception
) -> None:
    falling = Falling(error)
    worker.add("shaky", falling.run, falling.stopped.set)
    assert await is_well(worker) == "ok"
    async with running(worker.run()) as task:
        await soon(falling.steady.wait())
        assert await is_well(worker) in {"shaky: gone for lunch", "shaky: RuntimeError", "ok"}
        await eventually(lambda: is_well(worker), "ok")
        worker.stop()
        await soon(task)
    assert falling.runs == 2


async def test_a_loop_that_a_library_cancels_is_started_again_and_its_worker_lives_on(worker: Worker) -> None:
    falling = Falling(asyncio.CancelledError())
    worker.add("shaky", falling.run, falling.stopped.set)
    async with running(worker.run()) as task:
        await soon(falling.steady.wait())
        assert not task.done()
        worker.stop()
        await soon(task)


async def test_a_loop_that_cannot_recover_is_reported_as_long_as_that_lasts(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    falling = Falling(*(RuntimeError(f"fall {number}") for number in range(3)))
    worker.add("shaky", falling.run, falling.stopped.set)
    monkeypatch.setattr(worker_module, "LONGEST_PAUSE_SECONDS", 3600)
    async with running(worker.run()) as task:
        await soon(falling.steady.wait())
        assert await is_well(worker) == "shaky: RuntimeError"
        worker.stop()
        await soon(task)


async def test_one_loop_that_fails_does_not_disturb_another(worker: Worker) -> None:
    shaky, steady = Falling(*[RuntimeError("a bug")] * 5), Falling()
    worker.add("shaky", shaky.run, shaky.stopped.set)
    worker.add("steady", steady.run, steady.stopped.set)
    async with running(worker.run()) as task:
        await soon(shaky.steady.wait())
        assert steady.runs == 1
        worker.stop()
        await soon(task)


async def test_stop_lets_a_loop_finish_its_work_in_progress(worker: Worker) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()
    finished: list[bool] = []

    async def work_slowly() -> None:
        began.set()
        await may_end.wait()
        finished.append(True)

    worker.every(3600, "slow", work_slowly)
    async with running(worker.run()) as task:
        await soon(began.wait())
        worker.stop()
        await asyncio.sleep(0)
        assert not task.done()
        may_end.set()
        await soon(task)
    assert finished == [True]


async def test_a_loop_without_stop_is_cancelled(worker: Worker) -> None:
    began = asyncio.Event()

    async def wait_for_ever() -> None:
        began.set()
        await asyncio.Event().wait()

    worker.add("endless", wait_for_ever)
    async with running(worker.run()) as task:
        await soon(began.wait())
        worker.stop()
        await soon(task)


async def test_what_is_done_every_so_often_is_done_again(worker: Worker) -> None:
    done, enough = 0, asyncio.Event()

    async def count() -> None:
        nonlocal done
        done += 1
        if done == 3:
            enough.set()

    worker.every(0.001, "ticking", count)
    async with running(worker.run()) as task:
        await soon(enough.wait())
        worker.stop()
        await soon(task)


async def test_events_go_from_the_outbox_to_their_effect_and_the_worker_stops_clean(
    runtime: AnyRuntime, worker: Worker
) -> None:
    broker = InProcessBroker(SUBSCRIPTIONS)
    worker = Worker(runtime, broker)
    await create_effects(runtime.database)
    effects = Effects(runtime.database)
    worker.consume(effects.handlers())
    async with running(worker.run()) as task:
        async with runtime.database.write() as work:
            await emit(work, [a_unit(f"{number}") for number in range(100)])
        await eventually(effects.subjects, [f"{number}" for number in range(100)])
        worker.stop()
        await soon(task)


async def test_a_worker_that_ends_says_that_what_had_failed_works_again_and_leaves_nothing_behind(
    runtime: AnyRuntime, worker: Worker
) -> None:
    before = asyncio.all_tasks()
    await create_effects(runtime.database)
    effects, falling = Effects(runtime.database), Falling(RuntimeError("a bug"))
    effects.unclear = {"38"}
    worker.add("shaky", falling.run, falling.stopped.set)
    worker.consume(effects.handlers())
    with logged() as lines:
        async with running(worker.run()) as task:
            async with runtime.database.write() as work:
                await emit(work, [a_unit("38")])
            await eventually(lambda: began(lines), {"loop", "batch"})
            effects.unclear = set()
            await eventually(effects.subjects, ["38"])
            await eventually(lambda: is_well(worker), "ok")
            worker.stop()
            await soon(task)
    assert {what for event, what in outages_in(lines) if event == "outage_ended"} == {"loop", "batch"}

    async def left() -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks() - before

    await eventually(left, set())


async def began(lines: Sequence[Any]) -> set[str]:
    """What is away, or was."""
    return {what for event, what in outages_in(lines) if event == "outage_began"}


async def test_the_gauges_count_the_rows_of_the_outbox(runtime: AnyRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "GAUGE_SECONDS", 0.001)
    async with runtime.database.write() as work:
        await work.execute(text("INSERT INTO outbox (type, body) VALUES ('t', '{}'), ('t', '{}')"))
    unread = InProcessBroker({"targets": ("t",)})
    async with running(Worker(runtime, unread).run()):

        async def measured() -> object:
            return runtime.metrics.registry.get_sample_value("drive_outbox_rows")

        await eventually(measured, 2.0)


async def test_an_unavailable_broker_is_reported(runtime: AnyRuntime) -> None:
    Worker(runtime, RabbitBroker(f"amqp://127.0.0.1:{free_port()}/", SUBSCRIPTIONS, timeout=1))
    with pytest.raises(BrokerUnavailable):
        await runtime.checks["broker"]()
