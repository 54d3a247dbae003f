"""What alerts and deliveries ask for is looked up, whatever PostgreSQL knew of the tables when it was asked first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import pytest

from notifications.alerts.usecases import follow_pace
from notifications.channels.registry import is_repeatable
from notifications.deliveries import usecases as deliveries
from notifications.deliveries.queries import Filters, list_deliveries
from services.persistence.unit_of_work import UnitOfWork
from tests.notifications.service import CAPACITY, NotificationsService, an_episode, no_jitter
from tests.support.plans import UNTIL_KEPT, read_by

Ask: TypeAlias = Callable[[UnitOfWork, NotificationsService], Awaitable[object]]

LATER: Final = 20_000
"""Of some thousand rows PostgreSQL may rightly read all rather than look a hundred up."""
COPIES: Final = (
    """
    INSERT INTO alerts SELECT copy.* FROM (SELECT min(id::text)::uuid AS id FROM alerts) one
    JOIN alerts a USING (id) CROSS JOIN generate_series(1, :n) n CROSS JOIN LATERAL jsonb_populate_record(a,
        jsonb_build_object('id', gen_random_uuid(), 'target_id', gen_random_uuid(), 'episode', n, 'status', 'resolved',
                           'resolved_at', now(), 'next_deadline_at', NULL, 'next_escalation_at', NULL)) copy
    """,
    """
    INSERT INTO deliveries (id, alert_id, alert_version, change, alert, route_name, channel, address, state, attempts,
                            queued_at, sent_at, group_code, message_id)
    SELECT gen_random_uuid(), a.id, 1, d.change, d.alert, d.route_name, d.channel, d.address, 'sent', 1,
           d.queued_at, now(), d.group_code, gen_random_uuid()
    FROM alerts a CROSS JOIN (SELECT * FROM deliveries LIMIT 1) d WHERE a.status = 'resolved'
    """,
)


async def claim(work: UnitOfWork, service: NotificationsService) -> object:
    """As the sender does."""
    return await deliveries.claim(
        work,
        service.context(),
        CAPACITY,
        is_repeatable=is_repeatable,
        metrics=service.metrics(),
        chance=no_jitter,
    )


async def raise_an_alert(work: UnitOfWork, service: NotificationsService) -> None:
    """As the consumer does."""
    terms = service.runtime.settings.terms
    await follow_pace(work, service.context("request"), [an_episode().fell_behind()], terms)


async def rows_read(service: NotificationsService, ask: Ask) -> int:
    """How many alerts and deliveries one unit of work reads."""

    async def asked() -> None:
        async with service.runtime.database.write() as work:
            await ask(work, service)

    return await read_by(service.runtime.database, asked(), "alerts", "deliveries")


@pytest.mark.parametrize("ask", [claim, raise_an_alert])
async def test_what_was_planned_for_empty_tables_reads_little_of_full_ones(
    service: NotificationsService, ask: Ask
) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    await service.execute("ANALYZE")
    for _ in range(UNTIL_KEPT):
        await service.handle(an_episode().fell_behind())
        await rows_read(service, ask)
    for copy in COPIES:
        await service.execute(copy, **{"n": LATER} if ":n" in copy else {})
    await service.handle(an_episode().fell_behind())
    assert await rows_read(service, ask) < LATER / 10


async def test_failed_deliveries_are_listed_without_a_look_at_those_that_were_sent(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    await service.handle(an_episode().fell_behind())
    for copy in COPIES:
        await service.execute(copy, **{"n": LATER} if ":n" in copy else {})
    await service.execute("UPDATE deliveries SET state = 'failed', next_attempt_at = NULL WHERE state = 'pending'")
    await service.execute("ANALYZE")

    async def list_failed(work: UnitOfWork, _: NotificationsService) -> object:
        return await list_deliveries(work, Filters(state="failed"), 10)

    assert await rows_read(service, list_failed) < LATER / 10
