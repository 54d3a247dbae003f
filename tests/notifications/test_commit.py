"""No byte of an answer goes out before what it promises is committed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import TokenFor
from tests.notifications.service import NotificationsService, an_episode
from tests.support.slow_commit import Write, assert_answered_after_commit

MAIL = {"channel": "mail", "address": "ops@example.org"}
WEBHOOK = {"channel": "webhook", "address": "http://127.0.0.1:9/hook"}


@pytest.mark.parametrize(
    ("table", "method", "path", "body", "status"),
    [
        ("routes", "PUT", "/v1/routes/new", MAIL, 201),
        ("routes", "PUT", "/v1/routes/ops", WEBHOOK, 200),
        ("routes", "POST", "/v1/routes/ops/secrets", None, 201),
        ("alerts", "POST", "/v1/alerts/{alert}/acknowledgement", {"version": 1}, 200),
        ("deliveries", "POST", "/v1/deliveries/{delivery}/retry", None, 202),
    ],
)
async def test_an_answer_waits_for_the_commit(
    service: NotificationsService, token_for: TokenFor, table: str, method: str, path: str, body: Any, status: int
) -> None:
    await service.put_route("ops", WEBHOOK["address"])
    await service.handle(an_episode().fell_behind())
    service.advance(seconds=1)
    [alert], [delivery] = await service.alerts(), await service.deliveries()
    write = Write(table, method, path.format(alert=alert["id"], delivery=delivery["id"]), body, status)
    await assert_answered_after_commit(service.app, service.runtime.database, token_for(service.runtime), write)
