"""The type of a problem is the address of a page about it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from services.clock import SystemClock
from services.observability import Metrics
from services.persistence.database import Database
from services.runtime import AnyRuntime, Runtime
from services.security.tokens import Tokens
from services.web.app import build_app
from services.web.problem_pages import known_problems
from tests.architecture.test_errors_are_documented import documented
from tests.conftest import ClientFor
from tests.support.chassis import ChassisSettings


async def test_the_type_of_a_problem_leads_to_its_page(web_runtime: AnyRuntime, client_for: ClientFor) -> None:
    client = await client_for(build_app(web_runtime, title="test"))
    kind = (await client.get("/nowhere")).json()["type"]
    assert kind == "http://test/problems/not-found"
    page = await client.get(kind)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "There is no such resource" in page.text
    assert "Check path and id." in page.text


async def test_every_documented_error_has_a_page(web_runtime: AnyRuntime, client_for: ClientFor) -> None:
    client = await client_for(build_app(web_runtime, title="test"))
    assert known_problems().keys() == {code for code, *_ in documented()}
    listed = (await client.get("/problems")).text
    for code in known_problems():
        assert f'href="problems/{code}"' in listed
        assert (await client.get(f"/problems/{code}")).status_code == 200


async def test_an_error_that_does_not_exist_has_no_page(web_runtime: AnyRuntime, client_for: ClientFor) -> None:
    client = await client_for(build_app(web_runtime, title="test"))
    answer = await client.get("/problems/<script>")
    assert (answer.status_code, answer.json()["type"]) == (404, "http://test/problems/not-found")
    assert "script" not in answer.text


@pytest.mark.parametrize("given", ["https://drive.example.org/api", "https://drive.example.org/api/"])
async def test_a_public_address_is_what_types_begin_with(
    given: str, database: Database, tmp_path: Path, client_for: ClientFor
) -> None:
    settings = ChassisSettings(data_dir=tmp_path, public_url=given)
    runtime = Runtime(settings, SystemClock(), database, Tokens([b"k" * 32]), Metrics())
    client: httpx.AsyncClient = await client_for(build_app(runtime, title="test"))
    assert (await client.get("/nowhere")).json()["type"] == "https://drive.example.org/api/problems/not-found"
    too_large = await client.post("/nowhere", headers={"content-length": "9999999"}, content=b"")
    assert too_large.json()["type"] == "https://drive.example.org/api/problems/too-large"
