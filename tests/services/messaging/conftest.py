"""Handlers whose effects can be seen, and a clock that is set."""

from __future__ import annotations

import pytest
import pytest_asyncio

from services.persistence.database import Database
from tests.support.clock import SettableClock
from tests.support.effects import Effects, create_effects


@pytest_asyncio.fixture
async def effects(database: Database) -> Effects:
    """Handlers, and the table of their effects."""
    await create_effects(database)
    return Effects(database)


@pytest.fixture
def clock() -> SettableClock:
    """Time moves when the test says so."""
    return SettableClock()
