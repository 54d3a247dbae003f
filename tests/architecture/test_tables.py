"""Every answer that is a table is there as JSON, as CSV and as XLSX, with the same rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from drive.hosting.services import SERVICES, ServiceName, create_app
from services.web.table_body import CSV, XLSX
from tests.architecture.test_entity_tags import make_examples, reads_of
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.openapi.documents import Document, document_of, operations_of

NO_TABLES = {
    "GET /v1/enrolments/{enrolment_id}": "one sign-up",
    "GET /v1/collectors/{code}": "one collector",
    "GET /v1/quotes": "lines within members",
    "GET /v1/digests/{name}/preview": "one digest, with several lists",
}
"""Answers that have a list within them, and are no table, each with what it is."""


def lists_in(document: Document, schema: Mapping[str, Any]) -> Iterator[str]:
    """The fields of an answer that are lists of objects."""
    fields = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]].get("properties", {})
    for name, field in fields.items():
        one = field.get("items", {})
        if any("$ref" in choice for choice in (one, *one.get("anyOf", ()))):
            yield name


def offers_of(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The forms of the answer."""
    content: Mapping[str, Any] = operation["responses"].get("200", {}).get("content", {})
    return content


def names_in(example: str) -> Sequence[str]:
    """The names of the columns."""
    return next(csv.reader(io.StringIO(example)))


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_with_a_list_is_offered_as_a_table(service: ServiceName) -> None:
    document, tables = document_of(service), 0
    for name, operation in operations_of(document):
        forms = offers_of(operation)
        has_rows = (
            any(lists_in(document, forms["application/json"]["schema"])) if "application/json" in forms else False
        )
        if name.startswith("GET ") and has_rows and name not in NO_TABLES:
            assert list(forms) == ["application/json", CSV, XLSX], f"{name}: clients are generated of the first"
            assert {"Vary", "Content-Disposition", "ETag"} <= operation["responses"]["200"]["headers"].keys(), name
            assert "406" in operation["responses"], name
            tables += 1
    assert tables >= 3


@pytest.mark.parametrize("service", SERVICES)
def test_every_column_has_a_name_of_its_own(service: ServiceName) -> None:
    for name, operation in operations_of(document_of(service)):
        if CSV in offers_of(operation):
            names = names_in(offers_of(operation)[CSV]["example"])
            assert len(set(names)) == len(names), name


@pytest.mark.parametrize("service", SERVICES)
async def test_every_list_answers_the_same_in_each_form(
    service: ServiceName, make_runtime: MakeRuntime, token_for: TokenFor, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    await make_examples(runtime)
    app = create_app(runtime)
    client = await client_for(app, token_for(runtime))
    tried = 0
    for path, query in reads_of(document_of(service)):
        if CSV not in document_of(service)["paths"][path]["get"]["responses"]["200"]["content"]:
            continue
        plain = await client.get(path, params=query)
        assert plain.headers["vary"] == "Accept", path
        for media_type, rows_of in ((CSV, csv_rows), (XLSX, xlsx_rows)):
            await assert_same(client, path, query, media_type, len(plain.json()["items"]), rows_of)
        refused = await client.get(path, params=query, headers={"Accept": "image/png"})
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (406, "not-acceptable"), path
        tried += 1
    assert tried >= 1


async def assert_same(
    client: httpx.AsyncClient, path: str, query: Mapping[str, str], media_type: str, n: int, rows_of: Any
) -> None:
    """The table has a name, a tag, what JSON has, and is not sent twice."""
    answer = await client.get(path, params=query, headers={"Accept": media_type})
    assert answer.status_code == 200, (path, answer.text)
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    assert len(rows_of(answer.content)) == n + 1, path
    known = {"Accept": media_type, "If-None-Match": answer.headers["etag"]}
    again = await client.get(path, params=query, headers=known)
    assert (again.status_code, again.content, again.headers["vary"]) == (304, b"", "Accept"), path
    other = await client.get(path, params=query, headers={"If-None-Match": answer.headers["etag"]})
    assert other.status_code == 200, "the tag of a table is not that of JSON"


def csv_rows(raw: bytes) -> list[list[str]]:
    """All lines of a file."""
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def xlsx_rows(raw: bytes) -> list[Any]:
    """All lines of a sheet."""
    return list(load_workbook(io.BytesIO(raw)).worksheets[0].iter_rows(values_only=True))
