"""A registry like that of the demo, and the enrolment API on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

import httpx
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text

from enrolment_api.main import create_app
from services.persistence.database import Database
from services.security.keys import text_of_keys
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.support.runtime import TestRuntime

LAUNCH_DAY = date(2025, 10, 25)
UNITS = (
    ("38", "Tỉnh Thanh Hóa", "province", None),
    ("15142", "Xã Cẩm Thạch", "commune", "38"),
    ("15142-01", "Thôn 1", "village", "15142"),
)
COLLECTORS = (("CT-07", "CT"), ("NL-01", "NL"))
WRITE = "enrolments:write enrolments:read"


@dataclass
class Service:
    """The API under test: `ct` and `nl` are the clients of two post offices, `ops` keeps the registry."""

    runtime: TestRuntime
    app: FastAPI
    ops: httpx.AsyncClient
    ct: httpx.AsyncClient
    nl: httpx.AsyncClient

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """What a query finds in the service's database."""
        async with self.runtime.database.read() as session:
            return [dict(row._mapping) for row in await session.execute(text(sql))]

    async def events(self, event_type: str = "drive.enrolment.recorded.v1") -> list[str]:
        """Bodies in the outbox, oldest first."""
        rows = await self.rows(f"SELECT body FROM outbox WHERE type = '{event_type}' ORDER BY seq")  # noqa: S608 - constants only
        return [row["body"] for row in rows]


@pytest_asyncio.fixture
async def empty_service(make_runtime: MakeRuntime, token_for: TokenFor, client_for: ClientFor) -> Service:
    """The API on an empty database, on the launch day."""
    runtime = await make_runtime("enrolment", today=LAUNCH_DAY)
    app = create_app(runtime)
    return Service(
        runtime,
        app,
        await client_for(app, token_for(runtime, org="OPS", scope="registry:write enrolments:read")),
        await client_for(app, token_for(runtime, org="CT", scope=WRITE)),
        await client_for(app, token_for(runtime, org="NL", scope=WRITE)),
    )


@pytest_asyncio.fixture
async def service(empty_service: Service) -> Service:
    """The API with a province, a commune, a village, two post offices and a collector of each."""
    ops = empty_service.ops
    for code, name, level, parent in UNITS:
        answer = await ops.put(f"/v1/units/{code}", json={"name": name, "level": level, "parent_code": parent})
        assert answer.status_code == 201, answer.text
    for code, organisation in COLLECTORS:
        await ops.put(f"/v1/organisations/{organisation}", json={"name": f"Bưu điện {organisation}"})
        answer = await ops.put(f"/v1/collectors/{code}", json={"name": "Lê Thị B", "organisation_code": organisation})
        assert answer.status_code == 201, answer.text
    return empty_service


class WithKeys(Protocol):
    """`await with_keys(NEW, OLD)`: a client of a further process that has these keys, the same database and tokens."""

    async def __call__(self, *secret_keys: bytes) -> httpx.AsyncClient:
        """A client of the organisation CT."""
        ...


@pytest_asyncio.fixture
async def with_keys(service: Service, token_for: TokenFor, client_for: ClientFor) -> AsyncIterator[WithKeys]:
    async with AsyncExitStack() as stack:

        async def make(*secret_keys: bytes) -> httpx.AsyncClient:
            settings = service.runtime.settings.model_copy(update={"secret_keys": text_of_keys(secret_keys)})
            database = Database(service.runtime.database.url)
            stack.push_async_callback(database.close)
            app = create_app(replace(service.runtime, database=database, settings=settings))
            return await client_for(app, token_for(service.runtime, org="CT", scope=WRITE))

        yield make


def a_sign_up(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A household health sign-up of the `number`-th person, right in every respect but for the changes."""
    return {
        "external_ref": f"CT-{number:04d}",
        "scheme": "household_health",
        "unit_code": "15142",
        "collector_code": "CT-07",
        "signed_on": "2025-10-25",
        "months": 12,
        "amount_paid": 1263600,
        "receipt_no": f"C45-{number:06d}",
        "participant": a_participant(number),
        "household": {"code": f"15142-HH-{number:04d}", "member_no": 1},
        "support_group": "none",
        "channel": "launch_day",
        "campaign_code": "LAUNCH-15142",
    } | changes


def a_participant(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A man born in 1980."""
    return {
        "full_name": "Nguyễn Văn An",
        "born_on": "1980-02-03",
        "sex": "male",
        "personal_id": f"038080{number:06d}",
        "social_insurance_code": f"3820{number:06d}",
        "phone": "0912345678",
    } | changes


def a_voluntary_sign_up(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A month of voluntary insurance on the lowest income, right in every respect but for the changes."""
    health = a_sign_up(number)
    del health["household"]
    voluntary = {"scheme": "voluntary_social", "months": 1, "monthly_income": 1_500_000, "amount_paid": 264_000}
    voluntary |= {"payment": "regular"}
    return health | voluntary | changes


async def post(client: httpx.AsyncClient, sign_up: Any, key: str = "key-1", **headers: str) -> httpx.Response:
    """POST a single sign-up."""
    return await client.post("/v1/enrolments", json=sign_up, headers={"Idempotency-Key": key, **headers})


async def post_batch(client: httpx.AsyncClient, *items: Any) -> list[dict[str, Any]]:
    """POST a batch; its items' answers."""
    answer = await client.post("/v1/enrolments/batch", json={"items": items})
    assert answer.status_code == 207, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
