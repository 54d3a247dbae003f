"""`POST /v1/enrolments`, 64 clients, everything on, against pgbench that inserts the same two rows in a transaction."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import asyncpg

from bench.measure import Pair, alternately, pgbench, wrk
from bench.world import World
from drive.hosting.embedded.programs import BIN
from migrations.upgrade import upgrade

SECONDS = 8
NUMBERS_PER_RUN = 100_000
TABLE = "enrolments"
EVENT_CHARACTERS = 620
"""About as long as the event of such a sign-up."""
_UNIQUE = {
    "id": "gen_random_uuid()",
    "external_ref": "'P-' || nextval('bench')",
    "idempotency_key": "'key-' || currval('bench')",
    "receipt_no": "'C45-' || currval('bench')",
    "participant_id": "gen_random_uuid()",
    "household_code": "'HH-' || currval('bench')",
}
"""What differs from row to row; all else is as in the sample."""


async def single(world: World, rounds: int, scratch: Path) -> Pair:
    """Sign-ups a second against transactions a second."""
    numbers = count(1)
    lua = Path(__file__).with_name("sign_ups.lua")
    yardstick = world.dsn("bench_yardstick")
    script = scratch / "two_rows.sql"
    async with world.client() as client:
        await client.sign_up_each([sample_sign_up()])
    script.write_text(await _two_rows(world, yardstick))

    async def product() -> float:
        first = next(numbers) * NUMBERS_PER_RUN
        return await wrk(world.url("enrolment") + "/v1/enrolments", lua, SECONDS, world.token(), str(first))

    async def reference() -> float:
        return await pgbench(BIN / "pgbench", yardstick, script, SECONDS)

    pair = Pair("POST /v1/enrolments, 64 clients", "sign-ups", "pgbench, the same two rows, one transaction each", 0.4)
    return await alternately(pair, rounds, product, reference)


def sample_sign_up() -> dict[str, object]:
    """One like those of sign_ups.lua."""
    participant = {"full_name": "Nguyễn Văn An", "born_on": "1980-02-03", "sex": "male", "personal_id": "038080999999"}
    return {
        "external_ref": "SAMPLE",
        "scheme": "household_health",
        "unit_code": "15142-01",
        "collector_code": "BENCH-01",
        "signed_on": "2025-10-25",
        "months": 12,
        "amount_paid": 1_263_600,
        "receipt_no": "C45-SAMPLE",
        "participant": participant,
        "household": {"code": "15142-HH-0000000", "member_no": 1},
        "support_group": "none",
        "channel": "launch_day",
    }


async def _two_rows(world: World, yardstick: str) -> str:
    """A pgbench script that inserts what the service wrote for the sample, into the same tables of another database."""
    await upgrade("enrolment", world.server.set(database="bench_yardstick"))
    source = await asyncpg.connect(world.dsn("drive_enrolment"))
    target = await asyncpg.connect(yardstick)
    try:
        await target.execute("CREATE SEQUENCE bench CACHE 64")
        columns = await source.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped", TABLE
        )
        names = [str(column["attname"]) for column in columns]
        quoted = ", ".join(f"quote_nullable({name}::text)" for name in names)
        literals = await source.fetchrow(f"SELECT {quoted} FROM enrolments WHERE external_ref = 'SAMPLE'")  # noqa: S608
        assert literals is not None  # noqa: S101 - the service answered 201 for it
    finally:
        await source.close()
        await target.close()
    values = ", ".join(_UNIQUE.get(name, literal) for name, literal in zip(names, literals, strict=True))
    body = "x" * EVENT_CHARACTERS
    return (
        f"BEGIN;\nINSERT INTO enrolments ({', '.join(names)}) VALUES ({values});\n"
        f"INSERT INTO outbox (type, body) VALUES ('drive.enrolment.recorded.v1', '{body}');\nCOMMIT;\n"
    )
