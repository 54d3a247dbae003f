"""The pieces that the tests of the targets service are built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import httpx
from sqlalchemy import text

from services.contracts.enrolment import (
    CancelledFacts,
    EnrolmentCancelled,
    EnrolmentCorrected,
    EnrolmentEvent,
    EnrolmentFacts,
    EnrolmentRecorded,
)
from services.contracts.envelope import Event
from services.contracts.events import EVENT
from services.contracts.identities import enrolment_event_id
from services.contracts.registry import (
    CollectorFacts,
    CollectorRegistered,
    OrganisationFacts,
    OrganisationRegistered,
    UnitFacts,
    UnitRegistered,
)
from services.contracts.subscriptions import BINDINGS
from services.ids import new_id
from services.messaging.consumer import Consumer
from services.messaging.in_process import InProcessBroker
from services.vocabulary import Scheme, UnitLevel
from targets_api.review.sweep import sweep
from targets_api.worker import handlers
from tests.support.runtime import TestRuntime

HEALTH: Final[Scheme] = "household_health"
LAUNCH = date(2025, 10, 25)
NOON = datetime(2025, 10, 25, 5, tzinfo=UTC)
CAM_THACH = "15142"


def _attributes(subject: str) -> dict[str, Any]:
    return {"id": new_id(), "subject": subject, "time": NOON, "correlationid": "the-request"}


def _attributes_of(facts: EnrolmentFacts) -> dict[str, Any]:
    event_id = enrolment_event_id(facts.enrolment_id, facts.version)
    return {**_attributes(str(facts.enrolment_id)), "id": event_id}


def a_unit(
    code: str, parent: str | None, level: UnitLevel = "commune", version: int = 1, name: str = "", **days: Any
) -> Event:
    """A unit as published by enrolment."""
    facts = UnitFacts(code=code, name=name or f"Unit {code}", level=level, parent_code=parent, version=version, **days)
    return UnitRegistered(**_attributes(code), data=facts)


def an_ended_unit(code: str, parent: str, on: date, *successors: str, version: int = 2) -> Event:
    """A commune that ended on the eve of that day in favour of these."""
    return a_unit(code, parent, version=version, valid_to=on - timedelta(days=1), successors=successors)


def an_organisation(code: str, parent: str | None = None, version: int = 1) -> Event:
    """An organisation as published by enrolment."""
    facts = OrganisationFacts(code=code, name=f"Post office {code}", parent_code=parent, version=version)
    return OrganisationRegistered(**_attributes(code), data=facts)


def a_collector(code: str, organisation: str = "CT", version: int = 1) -> Event:
    """A collector as published by enrolment."""
    facts = CollectorFacts(code=code, organisation_code=organisation, version=version)
    return CollectorRegistered(**_attributes(code), data=facts)


def a_sign_up(**changes: Any) -> EnrolmentRecorded:
    """A sign-up in Cẩm Thạch on its launch day."""
    enrolment_id = new_id()
    facts = {
        "enrolment_id": enrolment_id,
        "organisation_code": "CT",
        "collector_code": "CT-07",
        "unit_code": CAM_THACH,
        "scheme": HEALTH,
        "kind": "new",
        "signed_on": LAUNCH,
        "months": 12,
        "covered_from": date(2025, 11, 24),
        "covered_to": date(2026, 11, 23),
        "amount_paid": 1263600,
    } | changes
    return EnrolmentRecorded(**_attributes(str(enrolment_id)), data=EnrolmentFacts(**facts))


def a_correction(of: EnrolmentRecorded, version: int = 2, **changes: Any) -> EnrolmentCorrected:
    """The sign-up with other facts, from that version on."""
    facts = EnrolmentFacts(**{**of.data.model_dump(), **changes, "version": version})
    return EnrolmentCorrected(**_attributes_of(facts), data=facts)


def a_cancellation(of: EnrolmentEvent, version: int = 2) -> EnrolmentCancelled:
    """The sign-up is cancelled in that version."""
    facts = CancelledFacts(**{**of.data.model_dump(), "version": version})
    return EnrolmentCancelled(**_attributes_of(facts), data=facts)


def sign_ups(n: int, **changes: Any) -> list[EnrolmentRecorded]:
    """Many of them."""
    return [a_sign_up(**changes) for _ in range(n)]


def a_registry() -> list[Event]:
    """Thanh Hóa, Cẩm Thủy's grassroots unit, two communes, two villages; two post offices, two collectors."""
    return [
        a_unit("38", None, "province", name="Tỉnh Thanh Hóa"),
        a_unit("CS-CT", "38", "insurance_unit"),
        a_unit(CAM_THACH, "CS-CT", name="Xã Cẩm Thạch"),
        a_unit("15127", "CS-CT", name="Xã Cẩm Thủy"),
        a_unit("15142-01", CAM_THACH, "village"),
        a_unit("15142-02", CAM_THACH, "village"),
        an_organisation("VNPOST"),
        an_organisation("CT", "VNPOST"),
        an_organisation("NL", "VNPOST"),
        a_collector("CT-07"),
        a_collector("CT-08"),
    ]


@dataclass(frozen=True)
class TargetsService:
    """The targets service in tests: its event handlers, its clock and its HTTP API on one database."""

    runtime: TestRuntime
    http: httpx.AsyncClient

    @property
    def consumer(self) -> Consumer:
        """The service's own."""
        runtime = self.runtime
        database, clock, metrics = runtime.database, runtime.clock, runtime.metrics
        broker = InProcessBroker(BINDINGS)
        return Consumer("targets", handlers(runtime), database=database, broker=broker, clock=clock, metrics=metrics)

    async def handle(self, events: Sequence[Event]) -> None:
        """Handle the events in one unit of work, as the consumer does."""
        async with self.runtime.database.write() as work:
            await self.consumer.handle(work, events)

    async def sweep(self, today: date | None = None) -> None:
        """Let the clock be at that day, and review."""
        if today:
            self.runtime.clock.pin(today)
        await sweep(self.runtime.database, self.runtime.clock)

    async def published(self, prefix: str = "drive.pace.") -> list[Any]:
        """The events in the outbox, oldest first."""
        rows = await self.rows("SELECT body FROM outbox WHERE type LIKE :prefix || '%' ORDER BY seq", prefix=prefix)
        return [EVENT.validate_json(row.body) for row in rows]

    async def transitions(self) -> list[str]:
        """The transitions of the pace events published so far."""
        return [event.type.split(".")[2] for event in await self.published()]

    async def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """Rows of a query."""
        async with self.runtime.database.read() as session:
            return (await session.execute(text(sql), values)).all()

    async def baseline(self, on: date, covered: int = 19702, population: int = 26697, unit: str = CAM_THACH) -> None:
        """Set a baseline over HTTP."""
        body = {"scheme": HEALTH, "on": on.isoformat(), "population": population, "covered": covered}
        answer = await self.http.put(f"/v1/units/{unit}/baselines", json=body)
        assert answer.status_code in (200, 201), answer.text

    async def target(self, **changes: Any) -> dict[str, Any]:
        """Set a target over HTTP; of 100 new sign-ups in Cẩm Thạch from 3 to 14 November unless changed."""
        answer = await self.http.post("/v1/targets", json=a_target_body(**changes))
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def progress(self, path: str = f"units/{CAM_THACH}", **params: Any) -> dict[str, Any]:
        """Read progress over HTTP."""
        answer = await self.http.get(f"/v1/progress/{path}", params={"scheme": HEALTH, **params})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def achieved(self, target_id: str) -> int:
        """The count that is kept for the target."""
        [row] = await self.rows(
            "SELECT achieved FROM target_progress WHERE target_id = CAST(:id AS uuid)", id=target_id
        )
        return int(row.achieved)


def a_target_body(**changes: Any) -> dict[str, Any]:
    """The body of a target."""
    return {
        "scope": {"unit_code": CAM_THACH},
        "scheme": HEALTH,
        "measure": "new",
        "value": 100,
        "starts_on": "2025-11-03",
        "ends_on": "2025-11-14",
        "name": None,
    } | changes
