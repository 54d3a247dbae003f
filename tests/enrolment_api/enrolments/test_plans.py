"""Recording reads what it is about and no more, whatever PostgreSQL knew of the tables when it made its plans."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import pytest
from sqlalchemy import text

from tests.enrolment_api.conftest import Service, a_participant, a_sign_up, post_batch
from tests.support.plans import UNTIL_KEPT, read_by

Ask: TypeAlias = Callable[[Service, int], Awaitable[list[dict[str, Any]]]]

TABLES: Final = ("enrolments", "participants", "participant_indexes", "identity_cases")
BATCH: Final = 20
LATER: Final = 5_000
CANCEL: Final = {"version": 1, "reason": "signed up twice"}
COPY: Final = """
    INSERT INTO enrolments
    SELECT copy.* FROM (SELECT min(id::text)::uuid AS id FROM enrolments) one JOIN enrolments e USING (id)
    CROSS JOIN generate_series(1, :n) n
    CROSS JOIN LATERAL jsonb_populate_record(e, jsonb_build_object(
        'id', gen_random_uuid(), 'external_ref', 'copy-' || n, 'idempotency_key', 'copy-' || n, 'receipt_no', n,
        'participant_id', gen_random_uuid(), 'household_code', 'copy-' || n
    )) copy
"""


async def record(service: Service, number: int) -> list[dict[str, Any]]:
    """A batch of new people."""
    return await post_batch(service.ct, *(a_sign_up(BATCH * number + place) for place in range(BATCH)))


async def record_again(service: Service, number: int) -> list[dict[str, Any]]:
    """What is recorded already, once more."""
    return [*await record(service, number), *await record(service, number)]


async def record_another(service: Service, number: int) -> list[dict[str, Any]]:
    """Another person under a personal ID whose sign-up was cancelled."""
    [first, *_] = await record(service, number)
    answer = await service.ct.post(f"/v1/enrolments/{first['id']}/cancellation", json=CANCEL)
    assert answer.status_code == 200, answer.text
    another = a_participant(BATCH * number, full_name="Trần Thị Hoa", born_on="1991-05-06", sex="female")
    changed = a_sign_up(BATCH * number, external_ref=f"again-{number}", participant=another)
    return await post_batch(service.ct, changed)


async def test_a_new_database_knows_no_size_of_what_is_recorded(service: Service) -> None:
    sizes = await service.rows(
        "SELECT reltuples FROM pg_class WHERE oid IN ('enrolments'::regclass,"
        " 'participants'::regclass, 'participant_indexes'::regclass)"
    )
    assert [each["reltuples"] for each in sizes] == [-1, -1, -1]


@pytest.mark.parametrize("sign_ups", [0, 9])
@pytest.mark.parametrize("ask", [record_again, record_another])
async def test_what_was_planned_for_small_tables_reads_little_of_full_ones(
    service: Service, monkeypatch: pytest.MonkeyPatch, ask: Ask, sign_ups: int
) -> None:
    database = service.runtime.database
    if sign_ups:
        await post_batch(service.ct, *(a_sign_up(9_000 + number) for number in range(sign_ups)))
    async with database.write() as work:
        await work.execute(text(f"ANALYZE {', '.join(TABLES)}"))
    for number in range(UNTIL_KEPT):
        await ask(service, number)
    async with database.write() as work:
        await work.execute(text(COPY), {"n": LATER})
    monkeypatch.setattr("services.persistence.database.PLANS_SECONDS", 0)
    assert await read_by(database, ask(service, UNTIL_KEPT), *TABLES) < LATER / 10
