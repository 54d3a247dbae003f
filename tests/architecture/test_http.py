"""What holds for every operation of the three services, by their documents: names, scopes, lists, strict input."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from drive.hosting.services import known_scopes
from tests.architecture.api import Api, a_path

WRONG_TEXTS: Mapping[str, tuple[str, ...]] = {
    "date": ("0", "315532800", "1761350400000", "2025-10-25T00:00:00", "2025-10-25 ", "20251025", "2025-1-5", "now"),
    "uuid": ("0198c5a27d3e7c4b9a1f3f2b6c8d9e01", "{0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01}", "1"),
    "integer": ("1_000", "+5", " 5", "5 ", "5.0", "5e0", "0x5", "true", "٥", "", "-1"),
    "boolean": ("True", "1", "0", "yes", "on", "", " true"),
    "enum": ("", "NEW", "0", "true", "household_health "),
}
"""By the form that the document gives: texts that a lenient parser would take, or mistake."""
WRONG_VALUES: Mapping[str, tuple[object, ...]] = {
    "date": (
        315532800,
        "315532800",
        0,
        "0",
        True,
        "2025-10-25T00:00:00",
        "20251025",
        "2025-02-30",
        2025.5,
        ["2025-10-25"],
    ),
    "uuid": ("0198c5a27d3e7c4b9a1f3f2b6c8d9e01", 1),
    "integer": ("1000", "1_000", True, 1.5, "1e3", [1]),
    "number": ("1000", "1_000", True, "0.5", "NaN"),
    "boolean": ("true", 1, 0, "yes", "on"),
    "string": (1, True, ["a"], {}),
    "enum": (1, True, "", "Male", "household_health "),
}
"""The same for the JSON of a body."""


def form_of(schema: Mapping[str, Any]) -> str:
    """Which of the wrong values fit it."""
    if "enum" in schema or "const" in schema:
        return "enum"
    form: str = schema.get("format") or schema.get("type") or "string"
    return {"int32": "integer", "int64": "integer", "double": "number"}.get(form, form)


def test_names_in_a_document_are_unique_and_plain(api: Api) -> None:
    ids = [operation["operationId"] for _, _, operation in api.operations()]
    assert len(set(ids)) == len(ids)
    # FastAPI joins module and class, or adds -Input and -Output, where two schemas would have one name.
    assert [name for name in api.document["components"]["schemas"] if not name.isalnum()] == []


PUBLIC = {"quote_person", "quote_household"}
"""The operations that need no token."""


def test_every_operation_names_its_scope_but_for_those_that_are_public(api: Api) -> None:
    public = {operation["operationId"] for _, _, operation in api.operations() if not operation["security"]}
    assert public == PUBLIC & {operation["operationId"] for _, _, operation in api.operations()}
    assert [path for _, path, operation in api.guarded() if not operation["security"][0]["bearer"]] == []


async def test_a_public_operation_asks_for_no_token_and_looks_at_none(api: Api) -> None:
    for method, path, operation in api.operations():
        if not operation["security"]:
            answers = [await api.send(method, path, headers={"Authorization": value}) for value in ("", "Bearer none")]
            assert {answer.status_code for answer in answers} <= {400, 422}, path
            assert operation["responses"].keys().isdisjoint({"401", "403"})


def test_the_document_leaves_out_no_route(api: Api) -> None:
    """What holds for every operation of the document holds for every route."""
    assert len(api.routes) > 5
    assert api.routes == {(method, path) for method, path, _ in api.operations()}


ALLOWED: Mapping[str, str] = {
    "put_unit": "registry:write",
    "import_units": "registry:write",
    "end_unit": "registry:write",
    "import_file": "registry:write",
    "put_organisation": "registry:write",
    "put_collector": "registry:write",
    "get_unit": "enrolments:read registry:write",
    "list_units": "enrolments:read registry:write",
    "get_organisation": "enrolments:read registry:write",
    "get_collector": "enrolments:read registry:write",
    "record_enrolment": "enrolments:write",
    "record_batch": "enrolments:write",
    "get_enrolment": "enrolments:read enrolments:review",
    "list_own_enrolments": "enrolments:read enrolments:review",
    "submit_enrolment": "enrolments:write",
    "accept_enrolment": "enrolments:review",
    "return_enrolment": "enrolments:review",
    "correct_enrolment": "enrolments:write",
    "cancel_enrolment": "enrolments:write",
    "get_history": "enrolments:read enrolments:review",
    "list_renewals_due": "enrolments:read enrolments:review",
    "review_enrolments": "enrolments:review",
    "list_audit": "enrolments:review",
    "list_identity_cases": "enrolments:review",
    "get_identity_case": "enrolments:review",
    "get_case_statistics": "enrolments:review",
    "search_participant": "participants:read",
    "set_target": "targets:write",
    "revise_target": "targets:write",
    "import_targets": "targets:write",
    "withdraw_target": "targets:write",
    "share_out_target": "targets:write",
    "get_target_tree": "progress:read progress:own",
    "set_baseline": "targets:write",
    "get_target": "progress:read progress:own",
    "get_target_history": "progress:read progress:own",
    "list_targets": "progress:read progress:own",
    "list_pace_policies": "progress:read progress:own",
    "list_days": "progress:read progress:own",
    "get_unit_progress": "progress:read",
    "get_children_progress": "progress:read",
    "stream_progress": "progress:read",
    "get_organisation_progress": "progress:read progress:own",
    "get_collector_progress": "progress:read progress:own",
    "get_unit_pace": "progress:read",
    "get_organisation_pace": "progress:read progress:own",
    "get_collector_pace": "progress:read progress:own",
    "get_progress_metrics": "progress:read",
    "list_organisations_below": "progress:read progress:own",
    "list_collectors_of": "progress:read progress:own",
    "list_unit_organisations": "progress:read",
    "list_unit_collectors": "progress:read",
    "list_ranking": "progress:read progress:own",
    "get_unit_series": "progress:read",
    "get_organisation_series": "progress:read progress:own",
    "get_collector_series": "progress:read progress:own",
    "list_alerts": "alerts:read alerts:own",
    "stream_alerts": "alerts:read alerts:own",
    "get_alert": "alerts:read alerts:own",
    "get_statistics": "alerts:read alerts:own",
    "get_cause_statistics": "alerts:read alerts:own",
    "get_timeline": "alerts:read alerts:own",
    "get_report": "alerts:read alerts:own",
    "acknowledge_alert": "alerts:write alerts:own",
    "report_alert": "alerts:write alerts:own",
    "settle_remedy": "alerts:write alerts:own",
    "resolve_alert": "alerts:write alerts:own",
    "list_causes": "alerts:read alerts:write alerts:own",
    "put_cause": "alerts:write",
    "list_deliveries": "alerts:read alerts:own",
    "replay_deliveries": "alerts:write",
    "retry_delivery": "alerts:write alerts:own",
    "put_route": "alerts:write",
    "rotate_secret": "alerts:write",
    "send_test": "alerts:write",
    "delete_route": "alerts:write",
    "list_routes": "alerts:read",
    "explain_routes": "alerts:read",
    "list_escalations": "alerts:read",
    "put_escalation": "alerts:write",
    "delete_escalation": "alerts:write",
    "get_plan": "alerts:read",
    "list_silences": "alerts:read",
    "put_silence": "alerts:write",
    "end_silence": "alerts:write",
    "list_inhibitions": "alerts:read",
    "put_inhibition": "alerts:write",
    "remove_inhibition": "alerts:write",
    "list_digests": "alerts:read",
    "put_digest": "alerts:write",
    "remove_digest": "alerts:write",
    "preview_digest": "alerts:read",
}
"""The scopes of each operation: any one of them is enough."""


def test_the_document_lists_the_scopes_of_each_operation_as_alternatives(api: Api) -> None:
    documented = {
        operation["operationId"]: [scope for alternative in operation["security"] for scope in alternative["bearer"]]
        for _, _, operation in api.guarded()
    }
    assert documented == {name: ALLOWED.get(name, "").split() for name in documented}
    assert all(len(each) == 1 for _, _, operation in api.guarded() for each in map(list, operation["security"]))


async def test_an_operation_is_done_with_one_of_its_scopes_and_with_no_other(api: Api) -> None:
    for scope in sorted(known_scopes()):
        headers = {"Authorization": f"Bearer {api.token(scope)}"}
        for method, path, operation in api.guarded():
            answer = await api.client.request(method, a_path(path), headers=headers)
            is_allowed = scope in {*ALLOWED[operation["operationId"]].split(), "admin"}
            assert (answer.status_code == 403) != is_allowed, (method, path, scope, answer.text)


async def test_an_operation_asks_for_a_token_and_names_the_scopes_that_are_missing(api: Api) -> None:
    for method, path, operation in api.guarded():
        scopes = " or ".join(ALLOWED[operation["operationId"]].split())
        answer = await api.client.request(method, a_path(path), headers={"Authorization": f"Bearer {api.token('')}"})
        assert answer.json()["detail"] == f"this needs the scope {scopes}; the token grants none"
        answer = await api.client.request(method, a_path(path), headers={"Authorization": ""})
        assert answer.status_code == 401, path


async def test_nothing_is_read_of_whoever_may_not_ask(api: Api) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    other = [
        ("POST", "/nowhere"),
        ("POST", "/v1/nowhere"),
        ("POST", "/docs"),
        ("PUT", "/health/live"),
        ("POST", "/metrics"),
    ]
    for method, path in [(method, a_path(path)) for method, path, _ in api.guarded()] + other:
        for token in ("", "Bearer none", f"Bearer {api.token('')}"):
            headers = {"Authorization": token, "Content-Type": "application/json", "Content-Length": "4000000"}
            answer = await api.client.request(method, path, headers=headers, content=body())
            assert answer.status_code in (401, 403, 404, 405), (method, path, token)


async def test_no_cache_keeps_what_may_be_personal_and_no_browser_guesses_types(api: Api) -> None:
    for method, path, _ in api.operations():
        answer = await api.client.request(
            method, a_path(path), headers={"Authorization": f"Bearer {api.token('admin')}"}
        )
        assert answer.headers["cache-control"] in ("no-store", "private, no-cache"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
    for path in ("/docs", "/openapi.json", "/problems", "/health/live", "/metrics", "/nowhere"):
        answer = await api.client.get(path)
        assert "cache-control" not in answer.headers, path
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_list_has_the_same_limits(api: Api) -> None:
    limits = [
        {name: parameter["schema"][name] for name in ("default", "minimum", "maximum")}
        for _, _, operation in api.operations()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "limit"
    ]
    assert limits
    assert all(limit == {"default": 100, "minimum": 1, "maximum": 500} for limit in limits)


async def test_every_request_is_measured_by_the_path_of_its_route(api: Api) -> None:
    for method, path, _ in api.operations():
        await api.refusals(method, path)
    metrics = (await api.client.get("/metrics")).text
    paths = {path for _, path, _ in api.operations()}
    unmeasured = {"/v1/alerts/stream"}  # which lasts as long as its client listens
    assert {path for path in paths - unmeasured if f'route="{path}"' not in metrics} == set()
    assert 'route="none"' not in metrics


async def test_a_parameter_that_is_unknown_or_given_twice_is_refused(api: Api) -> None:
    for method, path, operation in api.operations():
        assert "/query/unknown" in await api.refusals(method, path, params={"unknown": "1"}), path
        for name, schema in query_of(operation).items():
            twice = [(name, right_text(api.resolved(schema)))] * 2
            assert f"/query/{name}" in await api.refusals(method, path, params=twice), (path, name)


def right_text(schema: Mapping[str, Any]) -> str:
    """A value that is taken where it is given once."""
    right = {
        "date": "2025-10-25",
        "uuid": "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01",
        "integer": "5",
        "boolean": "true",
        "string": "A",
    }
    words = [schema["const"]] if "const" in schema else schema.get("enum")
    return str(words[0]) if words else right[form_of(schema)]


def query_of(operation: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The query parameters of an operation."""
    return {p["name"]: p["schema"] for p in operation.get("parameters", ()) if p["in"] == "query"}


async def test_a_parameter_in_any_other_form_is_refused(api: Api) -> None:
    taken = []
    for method, path, operation in api.operations():
        for name, schema in query_of(operation).items():
            for wrong in WRONG_TEXTS.get(form_of(api.resolved(schema)), ()):
                if f"/query/{name}" not in await api.refusals(method, path, params={name: wrong}):
                    taken.append(f"{path}?{name}={wrong}")
    assert taken == []


async def test_a_field_in_any_other_form_is_refused(api: Api) -> None:
    taken, tried = [], 0
    for method, path, operation in api.operations():
        for schema in bodies_of(api, operation):
            for pointer, body in wrong_bodies(api, schema):
                tried += 1
                if pointer not in await api.refusals(method, path, json=body):
                    taken.append(f"{method} {path} {body}")
    assert taken == []
    assert tried > 5


def bodies_of(api: Api, operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas of the bodies that it takes; a list of items is left to the tests of that operation."""
    if "requestBody" not in operation:
        return []
    content = operation["requestBody"]["content"]
    if "application/json" not in content:
        return []  # a file
    schema = api.resolved(content["application/json"]["schema"])
    return [found for each in schema.get("oneOf", [schema]) if "properties" in (found := api.resolved(each))]


def wrong_bodies(api: Api, schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bodies with one wrong field, and the pointer to it. Constants stay, since they decide which schema is meant."""
    constants = {name: field["const"] for name, field in schema["properties"].items() if "const" in field}
    for name, field in schema["properties"].items():
        inner = api.resolved(field)
        if inner.get("properties"):
            yield from ((f"/{name}{pointer}", constants | {name: body}) for pointer, body in wrong_bodies(api, inner))
        elif name not in constants:
            for wrong in WRONG_VALUES.get(form_of(inner), ()):
                yield f"/{name}", constants | {name: wrong}
