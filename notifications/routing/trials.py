"""Test a route: one message, sent at once, that is about no alert."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import structlog

from notifications.channels.kind import ChannelEnvironment
from notifications.channels.registry import CHANNELS, is_repeatable
from notifications.channels.signing_secrets import SigningSecrets
from notifications.domain.delivery import Outcome, Retry, Sent, Unconfirmed, name_of, of_interruption, shown_reason
from notifications.domain.route import NoSuchRoute, check_testable
from notifications.messages.outgoing_message import OutgoingMessage, RouteTest
from notifications.routing import store
from notifications.settings import NotificationsSettings
from notifications.tables.routing import RouteRow
from services.clock import Clock
from services.context import Actor, Context
from services.errors import Unavailable
from services.ids import new_id
from services.outages import Outage
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

SECONDS: Final = 6.0
"""For the attempt; a request is given up after eight."""
_AT_ONCE: Final = 4
"""In one process: a test of a chat route takes one of its own, of some 60 MB."""


class _Untold(Outage):
    """What fails is told to whoever tests: it begins no outage."""

    def failed(self, error: Unavailable, **_: str) -> bool:
        error.is_reported = True
        return False


async def begin_test(work: UnitOfWork, context: Context, name: str) -> tuple[RouteRow, OutgoingMessage]:
    """The route, also a disabled one, and the message that tests it. Raises NoSuchRoute, JustTested."""
    row = await store.one_for_change(work, name)
    if row is None:
        raise NoSuchRoute(f"no route has the name {name}")
    check_testable(name, row.tested_at, context.now)
    row.tested_at = context.now
    await work.add(row)
    return row, _message_of(row, context)


def _message_of(row: RouteRow, context: Context) -> OutgoingMessage:
    until = row.previous_secret_until
    return OutgoingMessage(
        id=new_id(),
        attempt=1,
        route_name=row.name,
        channel=row.channel,
        address=row.address,
        secret=row.secret,
        previous_secret=row.previous_secret if until and until > context.now else None,
        leased_until=context.now,
        notices=(),
        language=row.language,
        test=RouteTest(context.at, context.correlation_id),
    )


class RouteTester:
    """Sends tests by the channels that deliveries go by. A channel is opened for each test: they are rare, and nothing
    is held open in between."""

    def __init__(
        self, settings: NotificationsSettings, secrets: SigningSecrets, clock: Clock, seconds: float = SECONDS
    ) -> None:
        self._environment = ChannelEnvironment(settings, secrets, clock, outages={"mail": _Untold("mail")})
        self._seconds = seconds
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def send(self, message: OutgoingMessage, *, by: Actor) -> Outcome:
        """Make one attempt, and log it with whoever asked for it; it does not raise."""
        if self._places.locked():
            return Retry("nothing was sent: too many routes are being tested just now", fault="sender")
        async with self._places:
            outcome = await self._attempt(message)
        _log(message, outcome, by)
        return outcome

    async def _attempt(self, message: OutgoingMessage) -> Outcome:
        if message.channel not in CHANNELS:
            return Retry(f"this version has no channel {message.channel}", fault="sender")
        try:
            async with (
                asyncio.timeout(self._seconds),
                CHANNELS[message.channel].open(self._environment) as send,
            ):
                return await send(message)
        except TimeoutError:
            return self._silence(message.channel)
        except Exception:
            log.exception("attempt_failed", message=str(message.id), channel=message.channel)
            return of_interruption(repeatable=is_repeatable(message.channel))

    def _silence(self, channel: str) -> Outcome:
        reason = f"no answer within {self._seconds:.0f} s, which is less than a message has"
        return Retry(reason) if is_repeatable(channel) else Unconfirmed(f"{reason}: it may have gone out")


def _log(message: OutgoingMessage, outcome: Outcome, by: Actor) -> None:
    failure: dict[str, Any] = {} if isinstance(outcome, Sent) else {"reason": shown_reason(outcome.reason)}
    which = {"message": str(message.id), "route": message.route_name, "channel": message.channel}
    who = {"organisation": by.organisation_code, "subject": by.subject}
    log.info("route_tested", **which, **who, outcome=name_of(outcome), **failure)
