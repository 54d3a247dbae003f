"""An alert, and somebody who has got a mail about it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.notifications.action_links.steps import Answered, a_link, a_visitor, an_answered_alert
from tests.notifications.service import MakeService


@pytest_asyncio.fixture
async def alert(make_service: MakeService) -> AsyncIterator[Answered]:
    """An alert that was raised just now, with `visitor`, who has its link."""
    made = await an_answered_alert(make_service)
    async with a_visitor(made.service, a_link(made.service, made.id)) as made.visitor:
        yield made
