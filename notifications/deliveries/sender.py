"""The sender: claims messages that are due, sends each by its channel, and records the outcome."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping

import structlog

from notifications.channels.kind import ChannelEnvironment, Send
from notifications.channels.registry import carries_digests, detailed_channels, is_repeatable, open_channels
from notifications.deliveries.claims import Capacity, Hold, nothing_is_held
from notifications.deliveries.metrics import DeliveryMetrics
from notifications.deliveries.usecases import Chance, claim, record_outcome
from notifications.domain.delivery import Outcome, Refused, Retry, Sent, name_of, of_interruption, shown_reason
from notifications.messages.outgoing_message import OutgoingMessage
from services.context import context_of
from services.errors import Unavailable
from services.outages import Outage
from services.persistence.database import Database
from services.waiting import pause

log = structlog.get_logger(__name__)

MAX_SENDING = 20
MAX_SENDING_PER_ROUTE = 4
"""So that a slow receiver with a full queue leaves capacity for all others."""
POLL_SECONDS = 0.5
RECORD_AGAIN_SECONDS = 0.5


class Sender:
    """Any number may run, in any number of processes: what one has claimed, the others do not get."""

    def __init__(
        self,
        database: Database,
        environment: ChannelEnvironment,
        metrics: DeliveryMetrics,
        chance: Chance,
        hold: Hold = nothing_is_held,
    ) -> None:
        self._hold = hold
        self._database = database
        self._metrics = metrics
        self._chance = chance
        self._environment = environment
        self._clock = environment.clock
        self._work_expected = asyncio.Event()
        self._stopping = asyncio.Event()
        self._sending: dict[asyncio.Task[None], OutgoingMessage] = {}

    @property
    def outages(self) -> Collection[Outage]:
        """Of what its channels need."""
        return self._environment.outages.values()

    def wake(self) -> None:
        """Look for due deliveries at once."""
        self._work_expected.set()

    def stop(self) -> None:
        """Claim no more, finish what is being sent, then return from `run`."""
        self._stopping.set()
        self.wake()

    async def run(self) -> None:
        """Send until stopped. Raises Unavailable where the database is away."""
        async with open_channels(self._environment) as channels:
            try:
                while not self._stopping.is_set():
                    self._work_expected.clear()
                    if not await self._start_due(channels):
                        await pause(POLL_SECONDS, self._work_expected)
            finally:
                await self._finish()

    async def send_due(self) -> int:
        """Send everything that is due now, and return how many attempts that took."""
        attempts = 0
        async with open_channels(self._environment) as channels:
            while started := await self._start_due(channels):
                await self._finish()
                attempts += started
        return attempts

    async def _start_due(self, channels: Mapping[str, Send]) -> int:
        """Start as many attempts as there is capacity for, and return their number."""
        slots = MAX_SENDING - len(self._sending)
        messages = await self._claim(slots) if slots else []
        for message in messages:
            task = asyncio.create_task(self.deliver(message, channels))
            self._sending[task] = message
            task.add_done_callback(self._forget)
        return len(messages)

    async def _claim(self, slots: int) -> list[OutgoingMessage]:
        by_route = Counter(message.route_name for message in self._sending.values())
        capacity = Capacity(
            slots, MAX_SENDING_PER_ROUTE, by_route, rate=self._environment.settings.rate, detailed=detailed_channels()
        )
        async with self._database.write() as work:
            context = context_of(self._clock)
            return await claim(
                work,
                context,
                capacity,
                is_repeatable=is_repeatable,
                metrics=self._metrics,
                chance=self._chance,
                hold=self._hold,
            )

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self.wake()

    async def _finish(self) -> None:
        while self._sending:
            await asyncio.wait(self._sending)

    async def deliver(self, message: OutgoingMessage, channels: Mapping[str, Send]) -> None:
        """Make the attempt and record its outcome, unless its lease is over: this process may have been suspended, and
        others may have sent something newer by now."""
        if self._clock.now() >= message.leased_until:
            return
        outcome = await _attempt(message, channels.get(message.channel))
        _log_attempt(message, outcome)
        await self._record(message, outcome)

    async def _record(self, message: OutgoingMessage, outcome: Outcome) -> None:
        """While the database is away, try again until the lease is over, when others judge the attempt."""
        while True:
            try:
                async with self._database.write() as work:
                    context = context_of(self._clock)
                    return await record_outcome(
                        work, context, message, outcome, metrics=self._metrics, chance=self._chance
                    )
            except Unavailable as error:
                if self._stopping.is_set() or self._clock.now() > message.leased_until:
                    log.error("outcome_not_recorded", message=str(message.id), reason=error.detail)
                    return None
                await pause(RECORD_AGAIN_SECONDS, self._stopping)


def _log_attempt(message: OutgoingMessage, outcome: Outcome) -> None:
    which = {"message": str(message.id), "channel": message.channel, "route": message.route_name}
    what = {"group": message.group_code, "alerts": len(message.notices), "attempt": message.attempt}
    failure = {} if isinstance(outcome, Sent) else {"reason": shown_reason(outcome.reason)}
    log.info("message_tried", **which, **what, outcome=name_of(outcome), **failure)


async def _attempt(message: OutgoingMessage, send: Send | None) -> Outcome:
    if send is None:
        return Retry(
            f"this worker has no channel {message.channel}", fault="sender"
        )  # a newer version may have made the route
    if message.digest and not carries_digests(message.channel):
        return Refused(f"the route is of the channel {message.channel} by now, which carries no digests")
    try:
        return await send(message)
    except Exception:
        log.exception("attempt_failed", message=str(message.id), channel=message.channel)
        return of_interruption(repeatable=is_repeatable(message.channel))
