"""An answer is remembered until something changes that it depends on, in any process, whatever the order of commits."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import event, text

from services.persistence.versions import bump
from targets_api.main import create_app
from targets_api.remembering import look
from tests.conftest import ClientFor, TokenFor
from tests.support.waiting import eventually
from tests.targets_api.builders import HEALTH, TargetsService, a_sign_up, sign_ups
from tests.targets_api.remembering.changes import EVE, SOCIAL, Changes

PATHS = [
    "units/15142",
    "units/15142-01",
    "units/15127",
    "units/cs-ct",
    "units/38",
    "units/38/children",
    "units/CS-CT/children",
    "organisations/CT",
    "organisations/NL",
    "organisations/VNPOST",
    "collectors/CT-07",
    "collectors/CT-08",
]
RANKINGS = [
    f"/v1/rankings?by={by}&{of}"
    for of in ("level=commune&under=CS-CT", "level=organisation&under=VNPOST", "level=collector&under=CT")
    for by in ("new", "attained")
]
Told = dict[tuple[str, str], Any]


@pytest_asyncio.fixture
async def fresh(service: TargetsService, client_for: ClientFor, token_for: TokenFor) -> Callable[[], Awaitable[Told]]:
    """What a process says that has just begun."""

    async def read() -> Told:
        client = await client_for(create_app(service.runtime), token_for(service.runtime, scope="progress:read"))
        return await everything(client)

    return read


async def everything(client: httpx.AsyncClient) -> Told:
    """Every answer, at once."""
    paths = [*(f"/v1/progress/{path}?" for path in PATHS), *RANKINGS]
    asked = [(path, scheme) for path in paths for scheme in (HEALTH, SOCIAL)]
    answers = await asyncio.gather(*(client.get(f"{path}&scheme={scheme}") for path, scheme in asked))
    return {key: answer.json() for key, answer in zip(asked, answers, strict=True)}


@contextmanager
def computed(service: TargetsService) -> Iterator[Counter[str]]:
    """How often figures of an owner are read, by the last column that tells which."""
    counts: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        for owner, column in (("unit", "units.level"), ("organisation", "organisations.name"), ("target", "told")):
            counts.update([owner] if column in statement else [])

    engine = service.runtime.database.engine.sync_engine
    event.listen(engine, "after_cursor_execute", note)
    yield counts
    event.remove(engine, "after_cursor_execute", note)


async def test_sign_ups_end_answers_on_what_is_above_them_and_no_others(service: TargetsService) -> None:
    await everything(service.http)
    await service.handle(sign_ups(1, unit_code="15142-01"))
    with computed(service) as counts:
        assert (await service.progress("units/15127"))["new"] == 0
        assert (await service.progress("units/15142-02"))["new"] == 0
        assert counts == {"unit": 1}  # 15142-02 was not asked for before
        assert (await service.progress("organisations/NL"))["new"] == 0
        assert (await service.progress(scheme=SOCIAL))["new"] == 0
        assert counts == {"unit": 1}
        for path in ("units/15142-01", "units/15142", "units/CS-CT", "units/38", "organisations/VNPOST"):
            assert (await service.progress(path))["new"] == 1
        assert counts == {"unit": 5, "organisation": 1}


async def test_answers_that_stay_remembered_tell_of_newer_events_all_the_same(service: TargetsService) -> None:
    first = a_sign_up(unit_code="15142")
    await service.handle([first])
    before = await service.progress("units/15127")
    with computed(service) as counts:
        later = first.time + timedelta(minutes=1)
        await service.handle([a_sign_up(unit_code="15142").model_copy(update={"time": later})])
        after = await service.progress("units/15127")
    assert counts["unit"] == 0
    assert after["as_of"] > before["as_of"]
    untold = {"as_of": None, "stale_since": None}
    assert {**after, **untold} == {**before, **untold}


async def test_a_change_that_began_before_another_and_ends_after_it_is_not_missed(service: TargetsService) -> None:
    database = service.runtime.database
    await everything(service.http)
    async with database.write() as early:
        await service.consumer.handle(early, sign_ups(1, unit_code="15142", collector_code="CT-07"))
        await service.handle(sign_ups(1, unit_code="15127", collector_code="CT-08"))
        assert (await service.progress("units/15127"))["new"] == 1
        assert (await service.progress("units/15142"))["new"] == 0
        assert (await service.progress("units/38"))["new"] == 1
    assert (await service.progress("units/15142"))["new"] == 1
    assert (await service.progress("units/38"))["new"] == 2
    assert (await service.progress("collectors/CT-07"))["new"] == 1


async def test_a_change_while_an_answer_is_computed_is_in_the_next_one(service: TargetsService) -> None:
    """The statement on figures is held up until sign-ups are committed that it does not see."""
    await service.progress("units/38")
    await service.handle(sign_ups(1))
    async with held_up(service):
        slow = asyncio.create_task(service.progress("units/38"))
        await until_waiting(service)
        await service.handle(sign_ups(1, unit_code="15127"))
        assert not slow.done()
    assert (await slow)["new"] in (1, 2)
    assert (await service.progress("units/38"))["new"] == 2


@asynccontextmanager
async def held_up(service: TargetsService) -> AsyncIterator[None]:
    """Sums of units can be read by nobody, whereas sign-ups are counted."""
    async with service.runtime.database.engine.begin() as connection:
        await connection.execute(text("LOCK TABLE unit_rollups IN ACCESS EXCLUSIVE MODE"))
        yield


async def until_waiting(service: TargetsService) -> None:
    """Until a statement waits for that."""
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'unit_rollups'::regclass"

    async def waits() -> bool:
        return bool(await service.rows(waiting))

    await eventually(waits, True)


async def test_a_change_of_the_version_before_ends_all_answers(service: TargetsService) -> None:
    await everything(service.http)
    async with service.runtime.database.engine.begin() as connection:
        await connection.execute(text("UPDATE changes SET n = n + 1 WHERE slot = 7"))
    with computed(service) as counts:
        await service.progress("units/15127")
        await service.progress("organisations/NL")
    assert counts == {"unit": 1, "organisation": 1}


async def test_whoever_looked_too_long_ago_forgets_all(
    service: TargetsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "FARTHEST", timedelta(0))
    await everything(service.http)
    with computed(service) as counts:
        await service.progress("units/15127")
        assert counts == {}
        await service.handle(sign_ups(1, unit_code="15142-01"))
        await service.progress("units/15127")
    assert counts == {"unit": 1}


async def test_any_answer_is_that_of_a_process_that_has_just_begun(
    service: TargetsService, fresh: Callable[[], Awaitable[Told]]
) -> None:
    chance = random.Random(7)  # noqa: S311
    changes = Changes(service, chance)
    await service.baseline(EVE)
    for _ in range(40):
        await chance.choice(changes.all)()
        assert await everything(service.http) == await fresh()


async def test_a_unit_of_work_that_explains_nothing_ends_all_answers(service: TargetsService) -> None:
    await everything(service.http)
    async with service.runtime.database.write() as work:
        await bump(work)
    with computed(service) as counts:
        await service.progress("units/15127")
    assert counts == {"unit": 1}
