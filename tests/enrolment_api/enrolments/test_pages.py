"""Lists: each combination of filters shows what fits, page by page, and reads little more than what it shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from math import isqrt
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from enrolment_api.enrolments.pages import FIRST, Position
from enrolment_api.enrolments.queries import Filters, parameters_of, statement_for
from enrolment_api.renewals import queries as renewals
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import Service, a_sign_up, post, post_batch
from tests.support.plans import Explained, rows_read

UNITS = ("15142", "15142-01", "15127")
DAYS = ("2025-10-20", "2025-10-23", "2025-10-24")
REFERENCE = "CT-0003"


@pytest.fixture
async def agency(service: Service, token_for: TokenFor, client_for: ClientFor) -> httpx.AsyncClient:
    """A client that sees the sign-ups of both organisations: 30 of CT in two communes and a village, and 6 of NL."""
    await service.ops.put("/v1/units/15127", json={"name": "Xã Cẩm Thủy", "level": "commune", "parent_code": "38"})
    await service.ops.put("/v1/collectors/CT-08", json={"name": "B", "organisation_code": "CT"})
    for client, collectors, numbers in (
        (service.ct, ("CT-07", "CT-08"), range(30)),
        (service.nl, ("NL-01",), range(100, 106)),
    ):
        await post_batch(
            client,
            *(
                a_sign_up(
                    n,
                    unit_code=UNITS[n % 3],
                    collector_code=collectors[n % len(collectors)],
                    signed_on=DAYS[n % 7 % 3],
                    external_ref=f"CT-{n % 100:04d}",
                )
                for n in numbers
            ),
        )
    mine = (await service.ct.get("/v1/enrolments", params={"limit": "7"})).json()["items"]
    for each in mine:
        answer = await service.ct.post(f"/v1/enrolments/{each['id']}/submission", json={"version": 1})
        assert answer.status_code == 200, answer.text
    return await client_for(service.app, token_for(service.runtime, org="OPS", scope="enrolments:review"))


def fits(item: dict[str, Any], query: dict[str, str]) -> bool:
    """Whether a sign-up belongs on the list, by its own fields alone."""
    unit, exact = query.get("unit_code"), query.get("exact") == "true"
    below = {"38": UNITS, "15142": ("15142", "15142-01"), None: UNITS}.get(unit, (unit,))
    return (
        item["unit_code"] in ((unit,) if exact else below)
        and all(
            query.get(name) in (None, item[name])
            for name in ("organisation_code", "status", "collector_code", "external_ref")
        )
        and query.get("signed_from", "0") <= item["signed_on"] <= query.get("signed_to", "9")
    )


def combinations() -> Iterator[dict[str, str]]:
    """Every combination of a few values of each filter."""
    places: tuple[dict[str, str], ...] = (
        {},
        {"unit_code": "38"},
        {"unit_code": "15142"},
        {"unit_code": "15142", "exact": "true"},
    )
    choices: dict[str, tuple[str | None, ...]] = {
        "organisation_code": (None, "CT"),
        "status": (None, "submitted"),
        "collector_code": (None, "CT-07", "NL-01"),
        "external_ref": (None, REFERENCE),
        "signed_from": (None, DAYS[1]),
        "signed_to": (None, DAYS[1]),
    }
    for place, values in itertools.product(places, itertools.product(*choices.values())):
        yield place | {name: value for name, value in zip(choices, values, strict=True) if value}


async def pages(client: httpx.AsyncClient, query: dict[str, str]) -> list[dict[str, Any]]:
    """The whole list, in pages of twenty."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = await client.get("/v1/enrolments", params={**query, "limit": "20", **after})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        assert len(page["items"]) == 20 or page["next"] is None
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def test_every_combination_of_filters_shows_what_fits_by_day_and_then_as_recorded(
    service: Service, agency: httpx.AsyncClient
) -> None:
    everything = (await agency.get("/v1/enrolments")).json()["items"]
    assert len(everything) == 36
    assert everything == sorted(everything, key=lambda item: (item["signed_on"], item["id"]))
    for client, visible in (
        (agency, everything),
        (service.ct, [item for item in everything if item["organisation_code"] == "CT"]),
    ):
        for query in combinations():
            expected = [item["id"] for item in visible if fits(item, query)]
            assert [item["id"] for item in await pages(client, query)] == expected, query


async def test_a_place_that_no_page_gave_is_refused(service: Service) -> None:
    for after in ("0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01", "2025-13-45.0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01", "1"):
        answer = await service.ct.get("/v1/enrolments", params={"after": after})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/after")


REGISTER = """
    CREATE TEMP TABLE one AS SELECT * FROM enrolments LIMIT 1;
    INSERT INTO organisations (code, name, version) SELECT 'O' || n, 'name', 1 FROM generate_series(1, 4) AS n;
    INSERT INTO units (code, name, level, parent_code, version)
        SELECT 'C' || n, 'name', 'commune', '38', 1 FROM generate_series(1, 8) AS n;
    INSERT INTO collectors (code, name, organisation_code, version)
        SELECT 'K' || n, 'name', 'O' || n % 4 + 1, 1 FROM generate_series(0, 15) AS n
"""
COPY = """
    CREATE TEMP TABLE copies ON COMMIT DROP AS
        SELECT one.*, n FROM one, generate_series(CAST(:first AS int), CAST(:last AS int)) AS n;
    UPDATE copies SET id = CAST('0198c5a2-7d3e-7c4b-9a1f-' || lpad(to_hex(n), 12, '0') AS uuid),
        external_ref = 'copy-' || n, idempotency_key = NULL, joins_household = false,
        covered_from = date '1900-01-01' + n, covered_to = date '1900-01-01' + n,
        organisation_code = 'O' || n % 4 + 1, collector_code = 'K' || n % 16, unit_code = 'C' || n % 8 + 1,
        signed_on = date '2025-01-01' + n % 250, status = (ARRAY['recorded', 'submitted', 'accepted'])[n / 3 % 3 + 1];
    ALTER TABLE copies DROP COLUMN n;
    INSERT INTO enrolments SELECT * FROM copies
"""
LISTS = {
    "own": Filters("O1"),
    "own of a status": Filters("O1", status="submitted"),
    "own of a status that none has": Filters("O1", status="returned"),
    "own in a unit": Filters("O1", unit_code="C1"),
    "own where others work": Filters("O1", unit_code="C2"),
    "own in a province": Filters("O1", unit_code="38"),
    "own of a collector": Filters("O1", collector_code="K0"),
    "own of others' collector": Filters("O1", collector_code="K1"),
    "own of a collector in a unit": Filters("O1", collector_code="K0", unit_code="C1"),
    "own of a day": Filters("O1", signed_from=date(2025, 5, 1), signed_to=date(2025, 5, 1)),
    "own of late days in a unit": Filters("O1", unit_code="C1", signed_from=date(2025, 9, 1)),
    "own of a collector, days and a status": Filters(
        "O1", collector_code="K0", signed_to=date(2025, 2, 1), status="accepted"
    ),
    "own, on a late page": Filters("O1", after=Position(date(2025, 8, 1), FIRST.id)),
    "own of a reference": Filters("O1", external_ref="copy-4"),
    "all": Filters(),
    "all of a status": Filters(status="submitted"),
    "all in a unit": Filters(unit_code="C3", signed_from=date(2025, 8, 1)),
    "all in a province of a status that none has": Filters(unit_code="38", status="returned"),
    "all of a collector": Filters(collector_code="K5"),
    "all of a reference": Filters(external_ref="copy-4"),
}
DUE_SOON = renewals.Filters(date(1950, 3, 1), date(1950, 3, 8), own_of="O1")
LIMIT = 11
STREAMS = 8 * 5
"""Communes, each with one organisation, and statuses: the most that one of the lists above merges."""


async def copy_sign_ups(service: Service, first: int, last: int) -> None:
    """Copies of one sign-up, of four organisations in eight communes, signed on 250 days."""
    async with service.runtime.database.write() as work:
        if first == 1:
            for statement in REGISTER.replace("TEMP ", "").split(";"):
                await work.execute(text(statement))
        for statement in COPY.split(";"):
            await work.execute(text(statement), {"first": first, "last": last} if ":first" in statement else None)
    async with service.runtime.database.write() as work:
        await work.execute(text("ANALYZE"))


async def test_a_list_reads_little_more_than_it_shows_however_many_sign_ups_there_are(service: Service) -> None:
    await post(service.ct, a_sign_up())
    statements = {name: (statement_for(each), parameters_of(each, LIMIT)) for name, each in LISTS.items()}
    statements["due"] = (renewals.DUE, renewals.parameters_of(DUE_SOON, LIMIT))
    for first, last in ((1, 3_000), (3_001, 30_000)):
        await copy_sign_ups(service, first, last)
        for name, (statement, parameters) in statements.items():
            async with service.runtime.database.read() as session:
                [[plan]] = await session.scalars(Explained(statement), parameters)
            assert rows_read(plan["Plan"], "enrolments") <= 2 * LIMIT + STREAMS * (isqrt(LIMIT) + 4), name
