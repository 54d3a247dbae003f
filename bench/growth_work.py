"""What is done to a database with history: reads of progress, sign-ups, moves and targets."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from services.clock import SystemClock
from services.context import context_of
from services.contracts.enrolment import EnrolmentFacts, EnrolmentRecorded
from services.contracts.registry import UnitFacts
from services.ids import new_id
from services.persistence.database import Database
from services.persistence.versions import bump
from services.vocabulary import Scheme, Scope, UnitLevel
from targets_api.counting.usecases import count
from targets_api.domain.target import Target
from targets_api.ledger.rollups import roll_up
from targets_api.progress.figures import ProgressKey
from targets_api.progress.reader import CHILDREN, ORGANISATION, UNIT, answer
from targets_api.registry.usecases import register_units
from targets_api.remembering.answers import Answers
from targets_api.targets.usecases import set_targets

HEALTH: Final[Scheme] = "household_health"
TODAY: Final = date(2025, 10, 25)
YEAR: Final = date(2025, 1, 1)
THREE_YEARS: Final = date(2022, 10, 26)
BATCH: Final = 500


@dataclass
class Side:
    """A database with its history, and what reads and writes it."""

    database: Database
    answers: Answers
    clock: SystemClock
    version: int = 1

    async def change(self) -> None:
        """Let nothing be remembered."""
        async with self.database.write() as work:
            await bump(work)

    async def set_target(self) -> None:
        """Of the province, for the year."""
        target = Target(
            new_id(), Scope("38", None, None), HEALTH, "new", 1e6, YEAR, date(2025, 12, 31), name=str(new_id())
        )
        async with self.database.write() as work:
            await set_targets(work, context_of(self.clock), [target])

    async def move(self) -> None:
        """A commune goes below another insurance unit, and its villages with it."""
        await self._move("C7", "commune", f"I{self.version % 8}")

    async def move_far(self) -> None:
        """An insurance unit of 232 nodes goes to another province and back."""
        await self._move("I3", "insurance_unit", "38" if self.version % 2 else "39")

    async def _move(self, code: str, level: UnitLevel, parent: str) -> None:
        self.version += 1
        facts = UnitFacts(code=code, name=code, level=level, parent_code=parent, version=self.version)
        async with self.database.write() as work:
            await register_units(work, context_of(self.clock), [facts])

    async def count(self) -> None:
        """Sign-ups of these days, all over the province, and their fold."""
        context = context_of(self.clock)
        events = [sign_up(number) for number in range(BATCH)]
        async with self.database.write() as work:
            await count(work, context, events)
        await roll_up(self.database)


Work = Callable[[Side], Awaitable[Any]]


def key(code: str, start: date = YEAR) -> ProgressKey:
    """Of health insurance, until today."""
    return ProgressKey(code, HEALTH, start, TODAY)


WORK: Final[Mapping[str, tuple[int, Work]]] = {
    "a province after a change": (15, lambda side: answer(side.answers, UNIT, key("38"))),
    "a commune after a change": (15, lambda side: answer(side.answers, UNIT, key("C7"))),
    "the units below an insurance unit": (11, lambda side: answer(side.answers, CHILDREN, key("I3"))),
    "three years of a province": (15, lambda side: answer(side.answers, UNIT, key("38", THREE_YEARS))),
    "an organisation with 30 below it": (15, lambda side: answer(side.answers, ORGANISATION, key("TOP"))),
    "set a target of a province": (7, Side.set_target),
    "move a commune": (7, Side.move),
    f"count {BATCH} sign-ups": (11, Side.count),
}


def sign_up(number: int) -> EnrolmentRecorded:
    """Of one of the last three days, by any collector."""
    collector = random.randrange(600)
    enrolment_id = new_id()
    facts = EnrolmentFacts(
        enrolment_id=enrolment_id,
        organisation_code=f"O{collector % 30}",
        collector_code=f"K{collector}",
        unit_code=f"V{collector % 166}-{number % 2}",
        scheme=HEALTH,
        kind="new" if number % 2 else "renewal",
        signed_on=TODAY - timedelta(days=number % 3),
        months=12,
        covered_from=date(2025, 11, 24),
        covered_to=date(2026, 11, 23),
        amount_paid=1_263_600,
    )
    return EnrolmentRecorded(
        id=new_id(), subject=str(enrolment_id), time=SystemClock().now(), correlationid="bench", data=facts
    )
