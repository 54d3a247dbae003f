"""Enrolment and targets, each on a database of its own; the events of one are carried to the other by the test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.engine import URL

from drive.reconciling.findings import Finding, all_findings
from drive.reconciling.sides import Period, Sides
from enrolment_api.main import create_app as create_enrolment
from services.contracts.events import EVENT
from services.persistence.database import Database
from targets_api.ledger.rollups import roll_up
from targets_api.main import create_app as create_targets
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.enrolment_api.conftest import COLLECTORS, UNITS, a_participant, a_sign_up, post_batch
from tests.support.runtime import TestRuntime
from tests.targets_api.builders import LAUNCH, TargetsService

AT_ONCE: Final = timedelta(0)


@dataclass
class Pair:
    """Both services, with a post office that signs up."""

    enrolment: TestRuntime
    partner: httpx.AsyncClient
    targets: TargetsService

    @property
    def sides(self) -> Sides:
        """What the commands work on; nothing is in a queue."""
        targets = self.targets.runtime.database
        return Sides(self.enrolment.database, targets, targets, _nothing_queued)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of the commands."""
        return {
            "DATABASE_URL": dsn(self.enrolment.database.url),
            "ENROLMENT_DATABASE_URL": dsn(self.enrolment.database.url),
            "TARGETS_DATABASE_URL": dsn(self.targets.runtime.database.url),
        }

    async def sign_up(self, first: int, count: int, **changes: Any) -> list[dict[str, Any]]:
        """So many people of these numbers."""
        items = [
            a_sign_up(n, participant=a_participant(n), household={"code": f"H{n}", "member_no": 1}, **changes)
            for n in range(first, first + count)
        ]
        answers = await post_batch(self.partner, *items)
        assert {answer["status"] for answer in answers} == {201}, answers
        return answers

    async def carry(self) -> None:
        """Take all events from the outbox, and let targets handle them."""
        async with self.enrolment.database.write() as work:
            rows = (await work.execute(text("DELETE FROM outbox RETURNING seq, body"))).all()
        events = [EVENT.validate_json(row.body) for row in sorted(rows)]
        if events:
            await self.targets.handle(events)

    async def change(self, enrolment: dict[str, Any], step: str, **body: Any) -> None:
        """The second version of a sign-up."""
        path = f"/v1/enrolments/{enrolment['id']}/{step}"
        answer = await self.partner.post(path, json={"version": 1, "reason": "a mistake", **body})
        assert answer.status_code == 200, answer.text

    async def damage(self, *statements: str) -> None:
        """What happened to the database of targets, in one transaction: no trigger fires, but for what begins with `+`.
        Answers are not remembered beyond it."""
        roles = {True: "origin", False: "replica"}
        await execute(
            self.targets.runtime.database,
            *(
                each
                for statement in (*statements, "UPDATE changes SET n = n + 1 WHERE slot = 0")
                for each in (
                    f"SET LOCAL session_replication_role = {roles[statement.startswith('+')]}",
                    statement.removeprefix("+"),
                )
            ),
        )

    async def findings(self, wait: timedelta = AT_ONCE) -> list[Finding]:
        """What `drive reconcile` names."""
        return [finding async for finding in all_findings(self.sides, Period(), wait)]

    async def fold(self) -> None:
        """As the worker does twice a second."""
        await roll_up(self.targets.runtime.database)


async def _nothing_queued() -> int:
    return 0


async def execute(database: Database, *statements: str) -> None:
    """In one transaction."""
    async with database.write() as work:
        for statement in statements:
            await work.execute(text(statement))


def dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest_asyncio.fixture
async def pair(make_runtime: MakeRuntime, token_for: TokenFor, client_for: ClientFor) -> Pair:
    """Both services with a registry, and twelve sign-ups of two days that are counted and rolled up."""
    enrolment = await make_runtime("enrolment", today=LAUNCH)
    app = create_enrolment(enrolment)
    agency = await client_for(app, token_for(enrolment, org="OPS", scope="registry:write"))
    partner = await client_for(app, token_for(enrolment, org="CT", scope="enrolments:write enrolments:read"))
    runtime = await make_runtime("targets", today=LAUNCH)
    http = await client_for(create_targets(runtime), token_for(runtime, scope="targets:write progress:read"))
    pair = Pair(enrolment, partner, TargetsService(runtime, http))
    await _register(agency)
    await pair.carry()
    await pair.sign_up(1, 8, unit_code="15142-01")
    await pair.sign_up(9, 4, signed_on="2025-10-24")
    await pair.carry()
    await pair.fold()
    return pair


async def _register(agency: httpx.AsyncClient) -> None:
    for code, name, level, parent in UNITS:
        body = {"name": name, "level": level, "parent_code": parent}
        assert (await agency.put(f"/v1/units/{code}", json=body)).status_code == 201
    for code, organisation in COLLECTORS:
        await agency.put(f"/v1/organisations/{organisation}", json={"name": f"Bưu điện {organisation}"})
        body = {"name": "Lê Thị B", "organisation_code": organisation}
        assert (await agency.put(f"/v1/collectors/{code}", json=body)).status_code == 201


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that runs in this process must not set where the log goes."""
    monkeypatch.setattr("services.observability.configure_logging", lambda *_, **__: None)
