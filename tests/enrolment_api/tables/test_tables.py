"""The constraints that only the database can enforce."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from enrolment_api.enrolments.sql import KNOWN
from enrolment_api.people.keys import PeopleKeys
from services.persistence.driver_errors import StatementRefused
from services.security.keys import load_secret_keys
from tests.enrolment_api.conftest import Service, a_sign_up, a_voluntary_sign_up, post, post_batch

COPY = (
    "CREATE TEMP TABLE copied AS SELECT * FROM enrolments;"
    "UPDATE copied SET id = gen_random_uuid(), external_ref = 'other', idempotency_key = NULL,"
    " joins_household = false, {changes};"
    "INSERT INTO enrolments SELECT * FROM copied"
)


async def copy_the_row(service: Service, changes: str) -> None:
    """Insert the one row there is again, with changes, bypassing the service's code."""
    async with service.runtime.database.write() as work:
        for statement in COPY.format(changes=changes).split(";"):
            await work.execute(text(statement))


@pytest.mark.parametrize(
    "changes",
    [
        "covered_from = covered_to, covered_to = covered_to + 365",
        "covered_from = covered_from - 30, covered_to = covered_from",
        "covered_from = covered_from + 1, covered_to = covered_to - 1",
        "organisation_code = 'NL'",
    ],
)
async def test_database_refuses_double_cover(service: Service, changes: str) -> None:
    await post(service.ct, a_sign_up())
    with pytest.raises(StatementRefused, match="ex_enrolments_double_cover"):
        await copy_the_row(service, changes)


@pytest.mark.parametrize(
    "changes",
    [
        "covered_from = covered_to + 1, covered_to = covered_to + 365",
        "scheme = 'voluntary_social'",
        "participant_id = gen_random_uuid()",
        "status = 'cancelled'",
    ],
)
async def test_database_takes_what_is_no_double_cover(service: Service, changes: str) -> None:
    await post(service.ct, a_sign_up())
    await copy_the_row(service, changes)
    assert len(await service.rows("SELECT id FROM enrolments")) == 2


async def test_last_cover_is_found_by_the_index_of_the_constraint(service: Service) -> None:
    await post_batch(service.ct, *(a_sign_up(n) for n in range(500)))
    async with service.runtime.database.write() as work:
        await work.execute(text("ANALYZE enrolments, participants, participant_indexes"))
    [index] = PeopleKeys(load_secret_keys(service.runtime.settings)).indexes_of("038080000001")
    whose: dict[str, Any] = {"places": [0], "indexes": [index], "schemes": ["household_health"]}
    whose |= {"since": [date(2025, 7, 1)]}
    whose |= {"organisations": ["CT"], "households": ["15142-HH-0001"], "years": [2025], "but_for": []}
    whose |= {"participants": [None]}
    async with service.runtime.database.read() as session:
        plan = list(await session.scalars(text(f"EXPLAIN {KNOWN.statement}"), whose))
    indexes = ("participant_indexes_pkey", "participants_pkey", "ex_enrolments_double_cover")
    missing = [name for name in (*indexes, "uq_enrolments_household_member") if name not in "".join(plan)]
    assert missing == []


async def test_described_bodies_are_those_that_are_taken(service: Service) -> None:
    paths = service.app.openapi()["paths"]
    single = paths["/v1/enrolments"]["post"]
    schemas = service.app.openapi()["components"]["schemas"]
    assert single["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/SignUp")
    kinds_of_sign_up = schemas["SignUp"]["oneOf"]
    health, voluntary = (schemas[each["$ref"].rpartition("/")[2]] for each in kinds_of_sign_up)
    assert set(a_sign_up()) == set(health["properties"])
    assert set(a_voluntary_sign_up()) == set(voluntary["properties"])
    assert [p["name"] for p in single["parameters"] if p["required"]] == ["Idempotency-Key"]
    batch = paths["/v1/enrolments/batch"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert batch["$ref"].endswith("/BatchBody")
    assert schemas["BatchBody"]["properties"]["items"]["items"]["$ref"].endswith("/SignUp")
