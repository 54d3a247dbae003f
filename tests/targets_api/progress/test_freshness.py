"""Progress tells how fresh it is, and stays remembered and tagged while that is the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.clock import told_later
from services.messaging import dead_letters
from services.messaging.codec import Broken
from targets_api.main import create_app
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import HEALTH, NOON, TargetsService, a_sign_up, a_unit
from tests.targets_api.reconciliation.test_reconciliation import a_summary, published

PATHS = ["units/15142", "units/38/children", "organisations/CT", "collectors/CT-07"]
MINUTE = timedelta(minutes=1)


def z(at: datetime) -> str:
    """As JSON has it."""
    return at.isoformat().replace("+00:00", "Z")


def told(service: TargetsService, real: datetime) -> str:
    """A real instant as it is told where the date is pinned, as in these tests."""
    return z(real + told_later(service.runtime.clock))


async def progress(service: TargetsService, path: str = PATHS[0], etag: str | None = None) -> httpx.Response:
    """The answer, where it is not the one of that tag."""
    headers = {"If-None-Match": etag} if etag else {}
    return await service.http.get(f"/v1/progress/{path}", params={"scheme": HEALTH}, headers=headers)


async def fresh(service: TargetsService, path: str = PATHS[0]) -> dict[str, Any]:
    """What the answer says of its freshness."""
    body = (await progress(service, path)).json()
    return {name: body[name] for name in ("as_of", "waiting", "stale_since")}


@pytest.mark.parametrize("path", PATHS)
async def test_progress_tells_the_time_of_the_newest_event_that_is_counted(service: TargetsService, path: str) -> None:
    assert (await fresh(service, path))["as_of"] is None
    await service.handle([a_sign_up().model_copy(update={"time": NOON + MINUTE}), a_sign_up()])
    await service.handle([a_sign_up()])
    assert (await fresh(service, path))["as_of"] == z(NOON + MINUTE)


async def test_events_of_the_registry_and_events_that_come_again_do_not_make_progress_newer(
    service: TargetsService,
) -> None:
    event = a_sign_up()
    await service.handle([event])
    await service.handle([event.model_copy(update={"time": NOON + MINUTE}), a_unit("15127", "38", version=2)])
    assert (await fresh(service))["as_of"] == z(NOON)


async def test_an_event_of_a_clock_that_is_ahead_does_not_make_progress_newer_than_now(service: TargetsService) -> None:
    await service.handle([a_sign_up().model_copy(update={"time": datetime(9999, 1, 1, tzinfo=UTC)})])
    assert datetime.fromisoformat((await fresh(service))["as_of"]) <= datetime.now(UTC)


async def test_the_answer_has_not_changed_while_nothing_is_counted(service: TargetsService) -> None:
    now, events = datetime.now(UTC), published(2)
    await service.handle([event.model_copy(update={"time": now - MINUTE}) for event in events])
    etag = (await progress(service)).headers["etag"]
    for minute in range(3):
        summary = a_summary(events, minute)
        await service.handle([summary.model_copy(update={"time": now - MINUTE + minute * timedelta(seconds=9)})])
        assert (await progress(service, etag=etag)).status_code == 304
    await service.handle([a_sign_up().model_copy(update={"time": now - MINUTE / 2})])
    assert (await progress(service, etag=etag)).json()["as_of"] == z(now - MINUTE / 2)


async def test_an_event_that_could_not_be_handled_is_seen_to_wait_until_it_is_dropped(service: TargetsService) -> None:
    database = service.runtime.database
    await progress(service)
    async with database.write() as work:
        await dead_letters.keep(work, NOON, broken=[Broken("drive.enrolment.recorded.v1", b"{}", "no id")])
    assert (await fresh(service))["waiting"] == {"events": 1, "oldest": told(service, NOON)}
    async with database.write() as work:
        await dead_letters.keep(work, NOON - MINUTE, failed=[(a_sign_up(), ValueError("no"))])
    assert (await fresh(service))["waiting"] == {"events": 2, "oldest": told(service, NOON - MINUTE)}
    async with database.write() as work:
        await work.execute(text("UPDATE dead_letters SET dropped_at = now(), drop_reason = 'of a test'"))
    assert (await fresh(service))["waiting"] is None


async def test_events_that_the_source_has_and_progress_has_not_are_seen_to_wait_until_they_come(
    service: TargetsService,
) -> None:
    events = published(5)
    await service.handle(events[:3])
    await service.handle([a_summary(events, 0)])
    assert (await fresh(service))["waiting"] is None
    await service.handle([a_summary(events, 1)])
    assert (await fresh(service))["waiting"] == {"events": 2, "oldest": told(service, NOON + MINUTE)}
    await service.handle([*events, a_summary(events, 2)])
    assert (await fresh(service))["waiting"] is None


@pytest.mark.parametrize("path", ["organisations/CT", "collectors/CT-07"])
async def test_who_may_know_of_their_own_alone_learns_nothing_of_the_events_of_others(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor, path: str
) -> None:
    own = await client_for(create_app(service.runtime), token_for(service.runtime, org="CT", scope="progress:own"))

    async def asked() -> httpx.Response:
        return await own.get(f"/v1/progress/{path}", params={"scheme": HEALTH})

    now = datetime.now(UTC)
    await service.handle([a_summary([], 0).model_copy(update={"time": now - MINUTE / 2})])
    before = await asked()
    async with service.runtime.database.write() as work:
        await dead_letters.keep(work, NOON, broken=[Broken("drive.enrolment.recorded.v1", b"{}", "no id")])
    await service.handle([a_sign_up(collector_code="NL-01", organisation_code="NL")])
    assert (await fresh(service, path))["waiting"] is not None
    after = await asked()
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])
    assert [after.json()[name] for name in ("as_of", "waiting", "stale_since")] == [None] * 3
    async with service.runtime.database.write() as work:
        await work.execute(text("UPDATE changes SET confirmed_at = confirmed_at - interval '1 hour'"))
    assert (await asked()).json()["stale_since"] == told(service, now - MINUTE / 2 - timedelta(hours=1))


async def test_a_summary_that_could_not_be_handled_is_no_event_that_figures_lack(service: TargetsService) -> None:
    async with service.runtime.database.write() as work:
        await dead_letters.keep(work, NOON, failed=[(a_summary([], 0), ValueError("no"))])
    assert (await fresh(service))["waiting"] is None


async def test_progress_is_stale_where_neither_events_nor_summaries_arrive(service: TargetsService) -> None:
    now = datetime.now(UTC)
    long_before = now + told_later(service.runtime.clock) - timedelta(hours=2)
    await service.handle([a_sign_up().model_copy(update={"time": long_before})])
    assert (await fresh(service))["stale_since"] == z(long_before)
    await service.handle([a_summary([], 0).model_copy(update={"time": now - MINUTE / 2})])
    assert (await fresh(service))["stale_since"] is None
    etag = (await progress(service)).headers["etag"]
    async with service.runtime.database.write() as work:
        await work.execute(text("UPDATE changes SET confirmed_at = confirmed_at - interval '1 hour'"))
    answer = await progress(service, etag=etag)
    assert answer.json()["stale_since"] == told(service, now - MINUTE / 2 - timedelta(hours=1))
    assert (await progress(service, etag=answer.headers["etag"])).status_code == 304


async def test_on_a_pinned_day_progress_is_fresh_while_sign_ups_of_that_day_arrive(service: TargetsService) -> None:
    of_the_day = datetime.now(UTC) + told_later(service.runtime.clock) - MINUTE / 2
    await service.handle([a_sign_up().model_copy(update={"time": of_the_day})])
    assert (await fresh(service)) == {"as_of": z(of_the_day), "waiting": None, "stale_since": None}
