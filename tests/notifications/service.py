"""The notifications service as the tests use it: its app, its event handlers and its sender on one database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from notifications.alerts.consumers import pace_handlers
from notifications.alerts.holding import hold
from notifications.channels.registry import detailed_channels, is_repeatable
from notifications.deliveries import usecases as deliveries
from notifications.deliveries.claims import Capacity
from notifications.deliveries.metrics import DeliveryMetrics
from notifications.deliveries.sender import Sender
from notifications.domain.delivery import Outcome
from notifications.messages.outgoing_message import OutgoingMessage
from notifications.registry import consumers as registry
from notifications.settings import NotificationsSettings
from notifications.worker import create_sender
from services.context import Context, context_of
from services.contracts.pace import PaceEvent, PaceFacts, PaceFellBehind, PaceFigures, PaceRecovered, PaceWorsened
from services.contracts.registry import OrganisationFacts, OrganisationRegistered, UnitFacts, UnitRegistered
from services.ids import new_id
from services.runtime import Runtime
from services.vocabulary import Scope, Severity, UnitLevel
from tests.support.clock import SettableClock

CAPACITY = Capacity(20, 4, {}, detailed=detailed_channels())
RAISED_AT = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
UNITS = ("38", "BHXH-CT", "BHXH-BT", "15142", "15127")
"""Those that are registered."""


def no_jitter() -> float:
    """The chance by which every delay has its documented length."""
    return 0.5


@dataclass(frozen=True)
class NotificationsService:
    """`client` may read and write alerts; `clock` moves when it is set."""

    runtime: Runtime[NotificationsSettings]
    clock: SettableClock
    app: FastAPI
    client: httpx.AsyncClient

    def context(self, correlation_id: str | None = None) -> Context:
        """The context of a use-case for an event, or for the passing of time."""
        return context_of(self.clock, correlation_id)

    def sender(self) -> Sender:
        """A sender of deliveries, as a worker runs one."""
        return create_sender(self.runtime, no_jitter)

    async def handle(self, *events: PaceEvent) -> None:
        """Handle each event in a unit of work of its own."""
        for event in events:
            await self.handle_batch([event])

    async def handle_batch(self, events: Sequence[PaceEvent]) -> None:
        """Handle events of one type in one unit of work, as the consumer does."""
        handle = pace_handlers(self.runtime.settings.terms, lambda: None)[type(events[0])]
        async with self.runtime.database.write() as work:
            await handle(work, self.context(events[-1].correlationid), events)

    async def register(self, *units: UnitRegistered) -> None:
        """Handle events of units in one unit of work."""
        async with self.runtime.database.write() as work:
            await registry.HANDLERS[UnitRegistered](work, self.context(), units)

    async def register_organisations(self, *organisations: OrganisationRegistered) -> None:
        """The same of organisations."""
        async with self.runtime.database.write() as work:
            await registry.HANDLERS[OrganisationRegistered](work, self.context(), organisations)

    def metrics(self) -> DeliveryMetrics:
        """What is measured of deliveries."""
        return self.runtime.metrics.own(DeliveryMetrics)

    async def claim(self, capacity: Capacity = CAPACITY) -> list[OutgoingMessage]:
        """Claim due deliveries in a unit of work, as a sender that dies right after it."""
        async with self.runtime.database.write() as work:
            return await deliveries.claim(
                work,
                self.context(),
                capacity,
                is_repeatable=is_repeatable,
                metrics=self.metrics(),
                chance=no_jitter,
                hold=hold,
            )

    async def record(self, message: OutgoingMessage, outcome: Outcome) -> None:
        """Record the outcome of an attempt in a unit of work."""
        async with self.runtime.database.write() as work:
            await deliveries.record_outcome(
                work, self.context(), message, outcome, metrics=self.metrics(), chance=no_jitter
            )

    async def put_route(self, name: str, address: str, **more: Any) -> dict[str, Any]:
        """Put a route; a webhook, unless the address is one for mail."""
        channel = "mail" if "://" not in address else "webhook"
        answer = await self.client.put(f"/v1/routes/{name}", json={"channel": channel, "address": address} | more)
        assert answer.status_code in (200, 201), answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def alerts(self, **query: Any) -> list[dict[str, Any]]:
        """GET /v1/alerts."""
        return await self._items("/v1/alerts", query)

    async def deliveries(self, **query: Any) -> list[dict[str, Any]]:
        """GET /v1/deliveries, oldest first."""
        return (await self._items("/v1/deliveries", query))[::-1]

    async def _items(self, path: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def outbox_types(self) -> list[str]:
        """The types of the events that wait for the broker, in order."""
        return [row.type for row in await self.query("SELECT type FROM outbox ORDER BY seq")]

    async def query(self, statement: str, **values: Any) -> Sequence[Any]:
        """Rows of a statement."""
        async with self.runtime.database.read() as session:
            return (await session.execute(text(statement), values)).all()

    async def execute(self, statement: str, **values: Any) -> None:
        """Change rows directly."""
        async with self.runtime.database.write() as work:
            await work.execute(text(statement), values)

    def advance(self, **by: float) -> None:
        """Let time pass: `advance(seconds=5)`."""
        self.clock.advance(timedelta(**by))


MakeService: TypeAlias = Callable[..., Awaitable[NotificationsService]]


@dataclass
class Episode:
    """One lag of one target, and the events of it."""

    target_id: UUID
    number: int = 1
    path: tuple[str, ...] = ("38", "BHXH-CT", "15142")
    unit_name: str | None = "Xã Cẩm Thạch"
    name: str | None = None
    scope: Scope | None = None
    organisations: tuple[str, ...] = ()
    worst: Severity | None = None
    begins: datetime = RAISED_AT
    """The change of revision n is n hours later."""

    def fell_behind(self, revision: int = 1, severity: Severity = "warning") -> PaceFellBehind:
        """It begins to lag."""
        return PaceFellBehind(**self._event(revision, severity))

    def worsened(self, revision: int = 2, severity: Severity = "critical") -> PaceWorsened:
        """It lags more gravely."""
        return PaceWorsened(**self._event(revision, severity))

    def recovered(self, revision: int = 3) -> PaceRecovered:
        """It has caught up."""
        return PaceRecovered(**self._event(revision, None))

    def withdrawn(self, revision: int = 3) -> PaceRecovered:
        """It is no more."""
        event = self.recovered(revision)
        return event.model_copy(update={"data": event.data.model_copy(update={"withdrawn": True})})

    def _event(self, revision: int, severity: Severity | None) -> dict[str, Any]:
        figures = PaceFigures(
            on=date(2025, 10, 26),
            value=0.9515,
            achieved=0.7512,
            attained=0.062,
            expected=0.27,
            ratio=0.23,
            short_by=1187,
            needed_per_day=79.9,
        )
        facts = PaceFacts(
            target_id=self.target_id,
            target_name=self.name,
            episode=self.number,
            revision=revision,
            scope=self.scope or Scope(unit_code=self.path[-1]),
            unit_name=self.unit_name,
            path=self.path,
            organisations=self.organisations,
            scheme="household_health",
            measure="coverage",
            starts_on=date(2025, 10, 1),
            ends_on=date(2025, 12, 31),
            status="behind" if severity else "on_track",
            severity=severity,
            worst_severity=self.worst,
            figures=figures,
        )
        return {
            "id": new_id(),
            "subject": str(self.target_id),
            "time": self.begins + timedelta(hours=revision),
            "correlationid": f"request-{revision}",
            "data": facts,
        }


def a_unit(code: str, version: int = 1) -> UnitRegistered:
    """A unit as enrolment publishes it."""
    level: UnitLevel = "province" if code == "38" else "insurance_unit" if code.startswith("BHXH") else "commune"
    facts = UnitFacts(code=code, name=f"Unit {code}", level=level, parent_code=None, version=version)
    return UnitRegistered(id=new_id(), subject=code, time=RAISED_AT, correlationid="the-request", data=facts)


def an_organisation(code: str, name: str, version: int = 1) -> OrganisationRegistered:
    """An organisation as enrolment publishes it."""
    facts = OrganisationFacts(code=code, name=name, parent_code=None, version=version)
    return OrganisationRegistered(id=new_id(), subject=code, time=RAISED_AT, correlationid="the-request", data=facts)


def an_episode(**more: Any) -> Episode:
    """A target of its own that begins to lag."""
    return Episode(new_id(), **more)


def alone(**more: Any) -> Episode:
    """As `an_episode`, of an organisation of its own, so that nothing else is reported with it."""
    organisation = f"ORG-{new_id()}"
    return Episode(
        new_id(),
        path=(),
        unit_name=None,
        scope=Scope(organisation_code=organisation),
        organisations=(organisation,),
        **more,
    )
