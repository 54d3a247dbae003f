"""Requests made from the documents, right and wrong ones: each answer is one that the document describes."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI, Response

from drive.hosting.services import SERVICES, ServiceName, create_app
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.enrolment_api.conftest import LAUNCH_DAY
from tests.targets_api.builders import TargetsService, a_registry

SETTINGS = Path(__file__).parent / "schemathesis.toml"
HOOKS = Path(__file__).parent / "schemathesis_hooks.py"


class _Server(uvicorn.Server):
    """Signals belong to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address at which the app answers while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def schemathesis(address: str, token: str, folder: Path, examples: int = 5) -> tuple[int, str]:
    """Its exit code, and what it printed, for up to so many requests of a kind to each operation."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS), "run", f"{address}/openapi.json"),
        *("--header", f"Authorization: Bearer {token}", "--no-color", "--warnings=off"),
        f"--max-examples={examples}",
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


@pytest.mark.parametrize("examples", [5, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", SERVICES)
async def test_every_answer_is_one_that_the_document_describes(
    name: ServiceName,
    examples: int,
    make_runtime: MakeRuntime,
    client_for: ClientFor,
    token_for: TokenFor,
    tmp_path: Path,
) -> None:
    runtime = await make_runtime(name, today=LAUNCH_DAY)
    app = create_app(runtime)
    if name == "targets":
        await TargetsService(runtime, await client_for(app)).handle(a_registry())
    async with served(app) as address:
        code, printed = await schemathesis(address, token_for(runtime), tmp_path, examples)
    assert code == 0, printed


async def test_an_answer_that_is_not_described_is_found(tmp_path: Path) -> None:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})

    @app.get("/tea")
    async def brew_tea() -> Response:
        return Response(status_code=418)

    async with served(app) as address:
        code, printed = await schemathesis(address, "none", tmp_path)
    assert code == 1
    assert "Received: 418" in printed
