"""`GET /v1/progress/units/…` against a FastAPI route that returns the same bytes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from fastapi import FastAPI, Response

from bench.measure import Pair, alternately, wrk
from bench.world import World
from drive.hosting.processes import READY_SECONDS, until_ready

SECONDS = 6
PATH = "/v1/progress/units/15142?scheme=household_health&on=2025-10-25"
YARDSTICK_PORT = 18099


async def read(world: World, rounds: int, scratch: Path) -> Pair:
    """Answers a second, 64 clients."""
    lua = Path(__file__).with_name("read.lua")
    token = world.token()
    url = world.url("targets") + PATH
    body = scratch / "progress.json"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http, http.get(url) as answer:
        body.write_bytes(await answer.read())

    async def product() -> float:
        return await wrk(url, lua, SECONDS, token)

    async def reference() -> float:
        return await wrk(f"http://127.0.0.1:{YARDSTICK_PORT}/", lua, SECONDS, token)

    async with _yardstick(body):
        pair = Pair("GET /v1/progress/units/…, 64 clients", "reads", "FastAPI, the same bytes from memory", 0.5)
        return await alternately(pair, rounds, product, reference)


@asynccontextmanager
async def _yardstick(body: Path) -> AsyncIterator[None]:
    command = ["-m", "uvicorn", "bench.read:app", "--factory", "--port", str(YARDSTICK_PORT), "--no-access-log"]
    environment = {**os.environ, "BENCH_BODY": str(body)}
    process = await asyncio.create_subprocess_exec(sys.executable, *command, "--log-level", "warning", env=environment)
    try:
        async with asyncio.timeout(READY_SECONDS):
            await until_ready(f"http://127.0.0.1:{YARDSTICK_PORT}/")
        yield
    finally:
        process.terminate()
        await process.wait()


def app() -> FastAPI:
    """One route, one answer."""
    body = Path(os.environ["BENCH_BODY"]).read_bytes()
    fastapi = FastAPI()

    @fastapi.get("/")
    async def same_bytes() -> Response:
        return Response(body, media_type="application/json")

    return fastapi
