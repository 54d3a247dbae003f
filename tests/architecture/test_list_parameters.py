"""Each parameter of each list reaches the database: one that is read and then forgotten would filter nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import event, text

from drive.hosting.services import SERVICES, ServiceName, create_app
from services.ids import new_id
from services.persistence.database import Database
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.openapi.documents import Document, document_of

UNPAGED = {
    "/v1/routes",
    "/v1/routes/explanation",
    "/v1/escalations",
    "/v1/escalations/plan",
    "/v1/pace-policies",
    "/v1/calendar",
}
"""Lists that are short by their nature, or by what is asked for: all of it is answered."""

BESIDE = {"exact": {"unit_code": "CODE-1"}, "from": {"to": "2025-10-31"}}
"""Parameters that say how another one is meant, or limit how far it may lie from that."""

ALERT: Final = "01980000-0000-7000-8000-000000000001"

REGISTERED: Mapping[ServiceName, str] = {
    "notifications": "WITH known AS (INSERT INTO units (code, version) VALUES ('CODE-1', 1)),"
    " route AS (INSERT INTO routes (name, channel, address, min_severity, created_at, updated_at)"
    " VALUES ('CODE-1', 'mail', 'ops@example.org', 'warning', now(), now()))"
    " INSERT INTO alerts (id, target_id, episode, status, severity, subject, path, figures, scheme, measure, starts_on,"
    " ends_on, raised_at, version, last_revision) VALUES ('01980000-0000-7000-8000-000000000001',"
    " '01980000-0000-7000-8000-000000000001', 1, 'open', 'warning',"
    """ '{"unit_code": "CODE-1"}', '["CODE-1"]', '{"on": "2025-10-26", "value": 100, "achieved": 1, "attained": 0.01,"""
    """ "expected": 0.1, "ratio": 0.1, "short_by": 9, "needed_per_day": 2}', 'household_health',"""
    " 'new', '2025-10-25', '2025-12-31', '2025-10-27T00:00Z', 1, 1)",
    "targets": "WITH communes AS (INSERT INTO units (code, name, level, version)"
    " SELECT 'CODE-' || n, 'Commune', 'commune', 1 FROM generate_series(1, 9) n),"
    " offices AS (INSERT INTO organisations (code, name, parent_code, version)"
    " VALUES ('CODE-1', 'Office', NULL, 1), ('CODE-2', 'Office', 'CODE-1', 1))"
    " INSERT INTO collectors (code, organisation_code, version) VALUES ('CODE-3', 'CODE-1', 1)",
}
"""Services that take only codes that they know, and those with lists that are cut into pages after they were read: then
a parameter reaches the statement that reads more of those on the page."""

VALUES = {("/v1/rankings", "after"): ":CODE-4"}
"""Parameters whose example names nobody."""


def lists_of(document: Document) -> dict[str, list[dict[str, Any]]]:
    """The query parameters of each route that answers a page."""
    found = {}
    for path, operations in document["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [])
        if any(parameter["name"] == "limit" for parameter in parameters):
            found[path] = [parameter for parameter in parameters if parameter["in"] == "query"]
    return found


def a_value_of(parameter: dict[str, Any]) -> str:
    """A value that the parameter takes, other than its default."""
    schema = next((s for s in parameter["schema"].get("anyOf", ()) if s.get("type") != "null"), parameter["schema"])
    if "enum" in schema:
        return str(schema["enum"][-1])
    if schema.get("type") == "boolean":
        return "true"
    if schema.get("type") == "integer":
        return "7"
    if not re.search(schema.get("pattern", ""), "CODE-1"):
        return str(schema["examples"][0])
    return {"date": "2025-10-25", "uuid": str(new_id())}.get(schema.get("format", ""), "CODE-1")


@contextmanager
def recorded(database: Database) -> Iterator[list[str]]:
    """The statements that reach the driver, with their parameters."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        seen.append(f"{statement} {parameters}")

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def statements_of(database: Database, client: httpx.AsyncClient, path: str, query: dict[str, str]) -> list[str]:
    """What a request asks the database."""
    with recorded(database) as seen:
        answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return seen


@pytest.mark.parametrize("service", SERVICES)
async def test_every_parameter_of_a_list_reaches_the_database(
    service: ServiceName, make_runtime: MakeRuntime, token_for: TokenFor, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    app = create_app(runtime)
    client = await client_for(app, token_for(runtime))
    lists = lists_of(document_of(service))
    assert lists
    if statement := REGISTERED.get(service):
        async with runtime.database.write() as work:
            await work.execute(text(statement))
    without_effect = []
    for path, parameters in lists.items():
        path = path.replace("{code}", "CODE-1").replace("{alert_id}", ALERT)  # noqa: PLW2901
        needed = {each["name"]: each["schema"]["examples"][0] for each in parameters if each["required"]}
        for parameter in parameters:
            names = {each["name"] for each in parameters}
            beside = needed | {k: v for k, v in BESIDE.get(parameter["name"], {}).items() if k in names}
            plain = await statements_of(runtime.database, client, path, beside)
            assert plain, path
            value = VALUES.get((path, parameter["name"])) or a_value_of(parameter)
            query = beside | {parameter["name"]: value}
            if await statements_of(runtime.database, client, path, query) == plain:
                without_effect.append((path, parameter["name"]))
    assert without_effect == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_list_is_read_in_pages(service: ServiceName) -> None:
    document = document_of(service)
    answers = {
        name for name, schema in document["components"]["schemas"].items() if "next" in schema.get("properties", {})
    }
    paged = lists_of(document)
    for path, operations in document["paths"].items():
        answer = str(operations.get("get", {}).get("responses", {}).get("200", ""))
        assert path in UNPAGED or path in paged or not any(f"/{name}'" in answer for name in answers), path
