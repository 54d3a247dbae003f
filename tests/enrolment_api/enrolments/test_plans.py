"""Recording looks rows up by index, whatever PostgreSQL knew of the tables when it made the plan that it keeps."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from enrolment_api.enrolments import sql
from tests.enrolment_api.conftest import Service, a_sign_up, post_batch
from tests.support.plans import generic_plan, read_whole

LOOKUPS = {"known": sql.KNOWN.statement, "nobodys": sql.NOBODYS.statement, "existing": sql.EXISTING}
TABLES = "enrolments, participants, participant_indexes"


async def test_a_new_database_knows_no_size_of_what_is_recorded(service: Service) -> None:
    sizes = await service.rows(
        "SELECT reltuples FROM pg_class WHERE oid IN ('enrolments'::regclass,"
        " 'participants'::regclass, 'participant_indexes'::regclass)"
    )
    assert [each["reltuples"] for each in sizes] == [-1, -1, -1]


@pytest.mark.parametrize("sign_ups", [0, 9])
@pytest.mark.parametrize("name", LOOKUPS)
async def test_a_plan_that_was_made_for_a_small_table_reads_none_as_a_whole(
    service: Service, name: str, sign_ups: int
) -> None:
    if sign_ups:
        await post_batch(service.ct, *(a_sign_up(1 + number) for number in range(sign_ups)))
    async with service.runtime.database.engine.connect() as connection:
        await connection.execute(text(f"ANALYZE {TABLES}"))
        plan: dict[str, Any] = await generic_plan(connection, LOOKUPS[name])
    assert read_whole(plan) == set()
