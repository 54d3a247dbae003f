"""The runner that records: single requests that come together share a unit of work, and so a commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from enrolment_api.domain.enrolment import Rules
from enrolment_api.domain.rates import Rates
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.enrolments.metrics import SignUpMetrics
from enrolment_api.enrolments.outcomes import Outcome
from enrolment_api.enrolments.usecases import record
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.settings import EnrolmentSettings
from services.batcher import Batcher
from services.context import Context, context_of
from services.persistence.driver_errors import Overtaken
from services.runtime import Runtime

TRIES: Final = 3
"""Of a unit of work that others are in the way of: they may be those of a process whose keys are in another order."""


class Recorder:
    """Opens the units of work in which sign-ups are recorded."""

    def __init__(self, runtime: Runtime[EnrolmentSettings], rates: Rates, keys: PeopleKeys) -> None:
        self._database = runtime.database
        self._clock = runtime.clock
        self._metrics = runtime.metrics.own(SignUpMetrics)
        self._rates = rates
        self._settings = runtime.settings
        self._keys = keys
        self._batcher = Batcher(self.record_many)

    async def record_one(self, request: EnrolmentRequest) -> Outcome:
        """Record it with those that come at the same time; return once it is committed. Raises Unavailable."""
        return await self._batcher.submit(request)

    async def record_many(self, requests: Sequence[EnrolmentRequest]) -> list[Outcome]:
        """One unit of work, again where another was in its way. Raises Unavailable where the database is away; then
        send them again."""
        tries_left = TRIES
        while True:
            try:
                return await self._record(requests)
            except Overtaken:
                tries_left -= 1
                if not tries_left:
                    raise

    async def _record(self, requests: Sequence[EnrolmentRequest]) -> list[Outcome]:
        async with self._database.write() as work:
            context = context_of(self._clock)
            outcomes = await record(work, context, requests, self.rules(context), self._keys)
        self._metrics.count(outcomes)
        return outcomes

    def rules(self, context: Context) -> Rules:
        """What decisions are made by at that moment."""
        settings = self._settings
        policies = (settings.household_order, settings.amount_paid, settings.mismatches_an_hour)
        return Rules(context.today, self._rates, *policies)
