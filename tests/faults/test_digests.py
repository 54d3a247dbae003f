"""A worker that is killed while it makes a digest, sends it, or has just sent it: the digest is recorded once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drive.client.client import until
from tests.faults.faults import administrator
from tests.faults.notified import become, deliveries, let_the_lease_end
from tests.support.installation import Installation
from tests.support.smtp import SILENCE, ScriptedServer, a_scripted_server

DIGEST = {"route": "director", "every": "day", "at": "07:30", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}


async def put(installation: Installation, server: ScriptedServer) -> datetime:
    """A digest, by the API; it is due: when the next is, but for that."""
    installation.environment["SMTP_URL"] = f"smtp://127.0.0.1:{server.port}"
    await installation.start("serve", "notifications")
    await installation.ready("serve", "notifications")
    async with installation.user("OPS", "alerts:write") as ops:
        route = {"channel": "mail", "address": "director@example.org"}
        await ops.send("PUT", "notifications", "/v1/routes/director", route)
        await ops.send("PUT", "notifications", "/v1/digests/all", DIGEST | {"holidays": True})
    after_that = await next_at(installation)
    await make_due(installation)
    return after_that


async def make_due(installation: Installation) -> None:
    """As if it was put two days ago, and due since yesterday: the clock of processes cannot be set."""
    async with administrator(installation, "notifications") as connection:
        await connection.execute(
            "UPDATE digests SET next_at = next_at - interval '1 day', created_at = created_at - interval '2 days'"
        )


async def next_at(installation: Installation) -> datetime:
    """When the next one is due."""
    [row] = await installation.rows("notifications", "SELECT next_at FROM digests")
    due: datetime = row["next_at"]
    return due


async def blocked(installation: Installation) -> list[Any]:
    """Sessions that wait for the row of the digest."""
    return list(
        await installation.rows(
            "notifications",
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM digests%FOR UPDATE%'",
        )
    )


async def test_killed_before_the_commit_nothing_is_recorded_and_the_next_worker_tells_it(
    installation: Installation,
) -> None:
    async with a_scripted_server({}) as server:
        due = await put(installation, server)
        async with administrator(installation, "notifications") as connection, connection.transaction():
            await connection.execute("SELECT 1 FROM digests FOR UPDATE")  # it is made, and cannot be queued
            await installation.start("worker", "notifications")
            await until("a digest that is queued", lambda: blocked(installation), bool, seconds=90)
            await installation.kill("worker", "notifications")
        assert (await deliveries(installation), server.texts) == ([], [])
        assert await next_at(installation) < due
        await installation.start("worker", "notifications")
        await become(installation, [("sent", ["sent"])])
        assert len(server.texts) == 1
        assert await next_at(installation) == due


async def test_killed_in_the_middle_of_the_mail_it_is_left_to_a_person_and_made_no_second_time(
    installation: Installation,
) -> None:
    async with a_scripted_server({"greeting": SILENCE}) as server:
        due = await put(installation, server)
        await installation.start("worker", "notifications")
        await until("a session", server.count, lambda found: found > 0, seconds=90)
        await installation.kill("worker", "notifications")
        assert await deliveries(installation) == [("sending", [])]
        server.answers = {}
        await let_the_lease_end(installation)
        await make_due(installation)  # as by a clock that was set back: there is one for this time already
        await installation.start("worker", "notifications")
        await become(installation, [("unconfirmed", ["unconfirmed"])])
        assert server.texts == []
        await until("the next", lambda: next_at(installation), lambda found: found == due, seconds=90)


async def test_killed_after_the_record_it_is_not_sent_again(installation: Installation) -> None:
    async with a_scripted_server({}) as server:
        due = await put(installation, server)
        await installation.start("worker", "notifications")
        await become(installation, [("sent", ["sent"])])
        await installation.kill("worker", "notifications")
        await make_due(installation)
        await installation.start("worker", "notifications")
        await until("the next", lambda: next_at(installation), lambda found: found == due, seconds=90)
        assert await deliveries(installation) == [("sent", ["sent"])]
        assert len(server.texts) == 1
