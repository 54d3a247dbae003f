"""Events of a stream pass nginx at once, and for as long as the stream lasts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.web.sse import events
from tests.conftest import MakeRuntime, TokenFor
from tests.drive.test_proxy import DEADLINE_SECONDS, proxied
from tests.support.runtime import TestRuntime


async def test_events_and_comments_pass_while_the_stream_is_open(
    make_runtime: MakeRuntime, token_for: TokenFor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.1)
    made: list[TestRuntime] = []

    async def noted(service: Any, **settings: Any) -> TestRuntime:
        made.append(await make_runtime(service, **settings))
        return made[-1]

    async with proxied(noted, tmp_path) as proxy:
        async with made[0].database.write() as work:
            await work.execute(
                text("INSERT INTO units (code, name, level, version) VALUES ('38', 'Thanh Hóa', 'province', 1)")
            )
        url = proxy.url("/v1/progress/stream?under=38&scheme=household_health")
        headers = {"Authorization": f"Bearer {token_for(made[0], scope='progress:read')}"}
        async with asyncio.timeout(DEADLINE_SECONDS), proxy.http.get(url, headers=headers) as answer:
            for expected in (b"event: reload\n", b": ping\n", b": ping\n"):
                while await answer.content.readline() != expected:
                    assert not answer.content.at_eof()
