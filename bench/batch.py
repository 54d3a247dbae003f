"""`/batch` of 1,000 against raw asyncpg inserting the same rows by `INSERT … SELECT FROM unnest(…)`."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import count
from typing import Any

import aiohttp
import asyncpg

from bench.measure import Pair, alternately
from bench.single import sample_sign_up
from bench.world import World
from migrations.upgrade import upgrade

SIZE = 1_000
BATCHES = 12
CLIENTS = 2
FIRST = 5_000_000


async def batch(world: World, rounds: int) -> Pair:
    """Rows a second, over two connections both."""
    runs = count()
    copies = asyncio.Queue[list[Any]]()

    async def product() -> float:
        run = next(runs)
        bodies = [_body(FIRST + (run * BATCHES + n) * SIZE) for n in range(BATCHES)]
        elapsed = await _post_all(world, bodies)
        copies.put_nowait(await _rows(world, run))
        return BATCHES * SIZE / elapsed

    async def reference() -> float:
        return BATCHES * SIZE / await _insert_all(world, copies.get_nowait())

    await upgrade("enrolment", world.server.set(database="bench_unnest"))
    pair = Pair("/batch of 1,000", "sign-ups", "asyncpg, unnest of the same rows", 0.5)
    return await alternately(pair, rounds, product, reference)


def _body(first: int) -> bytes:
    sample: dict[str, Any] = sample_sign_up()
    items = [
        {
            **sample,
            "external_ref": f"B-{n}",
            "receipt_no": f"C45-{n}",
            "participant": {**sample["participant"], "personal_id": f"03808{n:07}"},
            "household": {"code": f"HH-{n}", "member_no": 1},
        }
        for n in range(first, first + SIZE)
    ]
    return json.dumps({"items": items}, ensure_ascii=False).encode()


async def _post_all(world: World, bodies: list[bytes]) -> float:
    headers = {"Authorization": f"Bearer {world.token()}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as http:

        async def client(mine: list[bytes]) -> None:
            for body in mine:
                async with http.post(world.url("enrolment") + "/v1/enrolments/batch", data=body) as answer:
                    content = await answer.read()
                    if answer.status != 207 or content.count(b'"status":201') != SIZE:
                        raise OSError(f"/batch: {answer.status} {content[:500]!r}")

        return await _timed([client(bodies[n::CLIENTS]) for n in range(CLIENTS)])


async def _rows(world: World, run: int) -> list[Any]:
    """What the service has just written, to be written again by the yardstick, and as many events."""
    connection = await asyncpg.connect(world.dsn("drive_enrolment"))
    try:
        refs = [f"B-{FIRST + run * BATCHES * SIZE + n}" for n in range(BATCHES * SIZE)]
        return list(await connection.fetch("SELECT * FROM enrolments WHERE external_ref = ANY($1)", refs))
    finally:
        await connection.close()


async def _insert_all(world: World, rows: list[Any]) -> float:
    connections = [await asyncpg.connect(world.dsn("bench_unnest")) for _ in range(CLIENTS)]
    try:
        statement = await _unnest(connections[0], list(rows[0].keys()))
        chunks = [rows[start : start + SIZE] for start in range(0, len(rows), SIZE)]

        async def client(connection: Any, mine: list[list[Any]]) -> None:
            for chunk in mine:
                await _insert(connection, statement, chunk)

        return await _timed([client(c, chunks[n::CLIENTS]) for n, c in enumerate(connections)])
    finally:
        for connection in connections:
            await connection.close()


async def _unnest(connection: Any, names: list[str]) -> str:
    types = dict(
        await connection.fetch(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = 'enrolments'::regclass AND attnum > 0 AND NOT attisdropped"
        )
    )
    arrays = ", ".join(f"${n}::{types[name]}[]" for n, name in enumerate(names, 1))
    into = f"INSERT INTO enrolments ({', '.join(names)})"
    return f"{into} SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING RETURNING id"  # noqa: S608 - our own columns


async def _insert(connection: Any, statement: str, rows: list[Any]) -> None:
    types = ["drive.enrolment.recorded.v1"] * len(rows)
    bodies = ["x" * 620] * len(rows)
    async with connection.transaction():
        await connection.fetch(statement, *map(list, zip(*rows, strict=True)))
        await connection.execute(
            "INSERT INTO outbox (type, body) SELECT * FROM unnest($1::text[], $2::text[])", types, bodies
        )


async def _timed(work: list[Any]) -> float:
    started = time.perf_counter()
    await asyncio.gather(*work)
    return time.perf_counter() - started
