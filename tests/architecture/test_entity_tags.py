"""Every GET that answers JSON has a tag, and answers 304 to whoever has that answer already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import text

from drive.hosting.services import SERVICES, ServiceName, create_app
from services.runtime import Runtime
from services.web.fields import AN_ID
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.openapi.documents import document_of, operations_of

LEAST: Mapping[ServiceName, int] = {"enrolment": 2, "targets": 1, "notifications": 3}
"""How many there are at least that name nothing in their path: those of an empty service that find something."""


_FIGURES = (
    '{"on": "2025-10-25", "value": 1, "achieved": 0, "attained": 0, "expected": 0.5, "ratio": 0, "short_by": 1,'
    ' "needed_per_day": 1}'
)
NAMED_BY_EXAMPLES: Mapping[ServiceName, str] = {
    "notifications": "INSERT INTO alerts (id, target_id, episode, status, severity, subject, path, figures, scheme,"
    " measure, starts_on, ends_on, raised_at, version, last_revision)"
    " VALUES (CAST(:id AS uuid), CAST(:id AS uuid), 1, 'open', 'warning', '{}', '[\"38\"]', CAST(:figures AS jsonb),"
    " 'household_health', 'new', '2025-10-01', '2025-12-31', now(), 1, 1)"
}
"""What examples of parameters name, by the service that has to find it."""


async def make_examples(runtime: Runtime[Any]) -> None:
    """Put what the examples name into the database."""
    if statement := NAMED_BY_EXAMPLES.get(runtime.settings.service):
        async with runtime.database.write() as work:
            await work.execute(text(statement), {"id": AN_ID, "figures": _FIGURES})


def reads_of(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """The path of each that names nothing, with an example of each parameter that it needs."""
    for name, operation in operations_of(document):
        if (
            name.startswith("GET ")
            and "{" not in name
            and "application/json" in operation["responses"]["200"]["content"]
        ):
            needed = [each for each in operation.get("parameters", ()) if each["required"]]
            yield name.removeprefix("GET "), {each["name"]: str(each["schema"]["examples"][0]) for each in needed}


@pytest.mark.parametrize("service", SERVICES)
async def test_what_a_client_has_is_not_sent_again(
    service: ServiceName, make_runtime: MakeRuntime, token_for: TokenFor, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    await make_examples(runtime)
    app = create_app(runtime)
    client = await client_for(app, token_for(runtime))
    reads = list(reads_of(document_of(service)))
    assert len(reads) >= LEAST[service]
    for path, query in reads:
        whole = await client.get(path, params=query)
        assert whole.status_code == 200, whole.text
        etag = whole.headers["etag"]
        again = await client.get(path, params=query, headers={"If-None-Match": etag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), path
        assert again.headers["x-request-id"] != whole.headers["x-request-id"]
        assert "content-type" not in again.headers
        other = await client.get(path, params=query, headers={"If-None-Match": '"other"'})
        assert (other.status_code, other.content) == (200, whole.content), path


@pytest.mark.parametrize("service", SERVICES)
async def test_a_refusal_has_no_tag(
    service: ServiceName, make_runtime: MakeRuntime, token_for: TokenFor, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    app = create_app(runtime)
    client = await client_for(app, token_for(runtime))
    for path, query in reads_of(document_of(service)):
        refused = await client.get(path, params={**query, "no-such-parameter": "1"}, headers={"If-None-Match": "*"})
        assert (refused.status_code, "etag" in refused.headers) == (422, False), path
