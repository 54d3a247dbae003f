"""What holds for the messages of every operation of the three services: bodies, media types, methods, paths."""

from __future__ import annotations

import httpx
import pytest

from tests.architecture.api import Api

JSON = {"Content-Type": "application/json"}
NO_JSON = b'{"a": 1,\n "b": }'


def with_bodies(api: Api) -> list[tuple[str, str]]:
    """Method and path of each operation that takes a body of JSON."""
    bodies = ((method, path, operation.get("requestBody", {})) for method, path, operation in api.operations())
    return [(method, path) for method, path, body in bodies if "application/json" in body.get("content", {})]


def outcome(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Status and type of a problem, and where its errors point to."""
    problem = answer.json()
    return answer.status_code, problem["type"], [error["pointer"] for error in problem["errors"]]


async def test_nothing_is_read_of_whoever_may_not_ask(api: Api) -> None:
    for header, status in (("Bearer none", 401), (f"Bearer {api.token('')}", 403)):
        headers = {"Authorization": header, "Content-Type": "text/plain", "Content-Encoding": "gzip"}
        for method, path, _ in api.guarded():
            answer = await api.send(method, f"{path}?unknown=1", content=NO_JSON, headers=headers)
            assert answer.status_code == status, path


async def test_a_body_that_is_no_json_is_answered_with_line_and_column(api: Api) -> None:
    for method, path in with_bodies(api):
        answer = await api.send(method, path, content=NO_JSON, headers=JSON)
        assert outcome(answer) == (400, "http://test/problems/malformed", [""]), path
        assert "line 2, column 7" in answer.json()["detail"]
        assert "line 2, column 7" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("body", [b"", b" \n", b"\xef\xbb\xbf"])
async def test_an_empty_body_is_malformed(api: Api, body: bytes) -> None:
    for method, path in with_bodies(api):
        answer = await api.send(method, path, content=body, headers=JSON)
        assert outcome(answer) == (400, "http://test/problems/malformed", [""]), path
        assert "the body is empty" in answer.json()["detail"]


@pytest.mark.parametrize("value", [b'"\\ud800"', b"NaN", b"-Infinity", b"1" * 5000, b'"\xff"', b"[" * 300 + b"]" * 300])
async def test_a_value_that_json_does_not_have_is_malformed(api: Api, value: bytes) -> None:
    for method, path in with_bodies(api):
        answer = await api.send(method, path, content=b'{"name": ' + value + b"}", headers=JSON)
        assert outcome(answer) == (400, "http://test/problems/malformed", [""]), path


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b'{"months": 3, "months": 12}', ["/months"]),
        (b'{"a": [{}, {"b/c" : "x:y", "b\\/c": 1}], "d": ":"}', ["/a/1/b~1c"]),
        (b'{"a": {"b": 1}, "a": {"b": 1, "b": 2}}', ["/a", "/a/b"]),
    ],
)
async def test_a_name_that_is_repeated_in_a_body_is_refused(api: Api, body: bytes, pointers: list[str]) -> None:
    for method, path in with_bodies(api):
        answer = await api.send(method, path, content=body, headers=JSON)
        assert outcome(answer) == (422, "http://test/problems/invalid", pointers), path
        assert "give it once" in answer.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": ""},
        {"Content-Type": "application/json"},
        {"Content-Type": 'Application/JSON;charset="UTF-8"'},
        {"Content-Type": "application/vnd.drive+json"},
        {"Content-Type": "application/json", "Content-Encoding": "identity"},
    ],
)
async def test_json_is_taken_under_each_of_its_names(api: Api, headers: dict[str, str]) -> None:
    for method, path in with_bodies(api):
        for mark in (b"", b"\xef\xbb\xbf"):
            answer = await api.send(method, path, content=mark + b'{"no_such_field": 1}', headers=headers)
            status, kind, pointers = outcome(answer)
            assert (status, kind) == (422, "http://test/problems/invalid"), path
            assert pointers != [""], path


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content-Type", "text/plain"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Type", "application/jsonl"),
        ("Content-Type", "json"),
        ("Content-Type", "application/json; charset=utf-16"),
        ("Content-Encoding", "gzip"),
        ("Content-Encoding", "identity, br"),
    ],
)
async def test_a_body_in_another_form_is_refused_by_name(api: Api, header: str, value: str) -> None:
    for method, path in with_bodies(api):
        answer = await api.send(method, path, content=b"{}", headers=JSON | {header: value})
        assert outcome(answer) == (415, "http://test/problems/unsupported-media-type", [f"/header/{header}"]), path
        assert value.rpartition("=")[2] in answer.json()["detail"]


async def test_every_path_names_all_of_its_methods(api: Api) -> None:
    for path, methods in api.document["paths"].items():
        named = {method.upper() for method in methods}
        expected = named | ({"HEAD"} if "GET" in named else set())
        for method in {"OPTIONS", "PATCH"} - named:
            answer = await api.send(method, path)
            assert answer.status_code == 405
            given = answer.headers["allow"].split(", ")
            assert expected <= set(given), path
            assert ("GET" in given) == ("HEAD" in given), path


async def test_head_has_the_status_and_headers_of_get(api: Api) -> None:
    for method, path, _ in api.operations():
        if method == "GET":
            get, head = [await api.send(each, path, headers={"X-Request-Id": "the-same"}) for each in ("GET", "HEAD")]
            assert (head.status_code, head.headers, head.content) == (get.status_code, get.headers, b""), path


async def test_a_slash_at_the_end_makes_another_path(api: Api) -> None:
    for method, path, _ in api.operations():
        answer = await api.send(method, f"{path}/", headers={"Host": "elsewhere.example"})
        assert outcome(answer) == (404, "http://test/problems/not-found", []), path
        assert "elsewhere" not in f"{answer.headers}{answer.text}"
