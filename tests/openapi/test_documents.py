"""What programs that read the documents need: names, descriptions, examples, limits, errors and headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import pytest

from drive.hosting.services import PACKAGES, SERVICES, ServiceName
from services.web.strict_route import StrictRoute
from tests.architecture.test_errors_are_documented import kinds
from tests.openapi.documents import Document, app_of, document_of, operations_of, schemas_in

ANY = {"400", "401", "403", "413", "422", "429", "500", "503"}
"""What every operation may answer beside its own."""
OF_TOKENS = {"401", "403"}
"""What of that those that need no token do not."""
BEYOND_ECMA_262 = re.compile(r"\\[pPAZzQEhHRGKX]|\(\?(?![:=!])|\[\[:|[+*?}]\+")
"""What a pattern of Python or Rust may have, and one of ECMA-262 without flags has not."""
SHOWN_AS_PAGES = {"notifications.domain.answer_link"}
"""Modules of errors that people get as pages, of operations that are in no document."""
OF_STATUS = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}


@pytest.fixture(params=SERVICES, scope="module")
def document(request: pytest.FixtureRequest) -> Document:
    """Of one of the three."""
    return document_of(request.param)


def fields_of(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field of every body, by its place."""
    for name, schema in document["components"]["schemas"].items():
        for field, said in schema.get("properties", {}).items():
            yield f"{name}.{field}", said


def parameters_of(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every parameter of every operation, by its place."""
    for name, operation in operations_of(document):
        for parameter in operation.get("parameters", ()):
            yield f"{name} {parameter['name']}", parameter


def contents_of(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every body that comes in or goes out, by its place."""
    for name, operation in operations_of(document):
        bodies = {"body": operation.get("requestBody", {}), **operation["responses"]}
        for which, body in bodies.items():
            for content in body.get("content", {}).values():
                yield f"{name} {which}", content


def without_limits(schemas: Mapping[str, Any]) -> list[str]:
    """Where a text, a list or a whole number has no bounds."""
    needed = {"string": ("maxLength",), "array": ("maxItems",), "integer": ("minimum", "maximum", "format")}
    return [
        place
        for place, schema in schemas_in(schemas)
        if not schema.keys() & {"enum", "const"} and not schema.keys() >= set(needed.get(schema["type"], ()))
    ]


def test_an_operation_has_a_name_of_two_or_three_words_that_is_its_own(document: Document) -> None:
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z]+){1,2}", name)] == []


def test_a_document_says_who_answers_for_it_and_what_its_groups_are_about(document: Document) -> None:
    info = document["info"]
    assert info["description"]
    assert info["contact"]["name"]
    assert info["license"]["name"]
    assert document["servers"][0]["url"] == "/"
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for _, operation in operations_of(document) for tag in operation["tags"]} <= described


def test_every_operation_parameter_and_field_is_described(document: Document) -> None:
    said = [*operations_of(document), *parameters_of(document), *fields_of(document)]
    assert [place for place, each in said if not each.get("description")] == []


def test_every_parameter_and_field_has_an_example(document: Document) -> None:
    parameters = [(place, parameter["schema"]) for place, parameter in parameters_of(document)]
    fields = [*parameters, *fields_of(document)]
    assert [place for place, schema in fields if not has_example(document, schema)] == []


def has_example(document: Document, schema: Mapping[str, Any]) -> bool:
    """Whether it has one, or is made of what has."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2] in document["components"]["schemas"]
    if "anyOf" in schema and "examples" not in schema:
        return any(has_example(document, choice) for choice in schema["anyOf"])
    return bool(schema.keys() & {"examples", "const"}) or ("items" in schema and has_example(document, schema["items"]))


@pytest.mark.parametrize("service", SERVICES)
def test_a_route_takes_the_query_parameters_of_its_operation_and_no_others(service: ServiceName) -> None:
    paths = document_of(service)["paths"]
    strict = [each for each in app_of(service).routes if isinstance(each, StrictRoute) and each.include_in_schema]
    assert strict
    for route in strict:
        for method in route.methods or ():
            parameters = paths[route.path][method.lower()].get("parameters", ())
            assert route.query_parameters == {each["name"] for each in parameters if each["in"] == "query"}, route.path


def test_every_body_has_a_name_and_an_example(document: Document) -> None:
    contents = list(contents_of(document))
    assert [place for place, content in contents if "$ref" not in content["schema"]] == []
    assert [place for place, content in contents if not content.keys() & {"example", "examples"}] == []


def test_every_example_is_valid(document: Document) -> None:
    for place, content in contents_of(document):
        named = {name: each["value"] for name, each in content.get("examples", {}).items()}
        for example in [content["example"]] if "example" in content else named.values():
            assert_valid(document, content["schema"], example, place)
    for place, schema in [*fields_of(document), *((p, each["schema"]) for p, each in parameters_of(document))]:
        for example in schema.get("examples", ()):
            assert_valid(document, schema, example, place)


def assert_valid(document: Document, schema: Mapping[str, Any], example: Any, place: str) -> None:
    """The example fits the schema, formats included."""
    whole = {**schema, "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    assert validator.is_valid(example), (place, [error.message for error in validator.iter_errors(example)])


def test_every_text_list_and_number_has_limits(document: Document) -> None:
    assert without_limits(document) == []


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "array"}, {"type": "integer", "minimum": 0}], ids=str)
def test_a_schema_without_limits_is_found(schema: Mapping[str, Any]) -> None:
    assert without_limits({"paths": [{"schema": schema}]}) == ["/paths/0/schema"]


def test_every_pattern_is_one_of_ecma_262_without_flags(document: Document) -> None:
    patterns = {schema["pattern"] for _, schema in schemas_in(document) if "pattern" in schema}
    assert patterns
    assert [pattern for pattern in patterns if BEYOND_ECMA_262.search(pattern)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"\p{L}",
        r"\Aa\Z",
        r"a\z",
        "(?P<a>b)",
        "(?i)a",
        "(?>a)",
        "a++",
        "a*+",
        "a?+",
        "a{2}+",
        "[[:alpha:]]",
        r"\Qa\E",
        r"\h",
        "(?#a)",
    ],
)
def test_a_pattern_of_other_languages_is_found(pattern: str) -> None:
    assert BEYOND_ECMA_262.search(pattern)


def test_every_operation_answers_its_errors_as_problems(document: Document) -> None:
    for name, operation in operations_of(document):
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert errors.keys() >= (ANY if operation["security"] else ANY - OF_TOKENS), name
        for status, answer in errors.items():
            content = answer["content"]["application/problem+json"]
            assert content["schema"]["$ref"].endswith("/Problem")
            assert {each["value"]["status"] for each in content["examples"].values()} == {int(status)}


@pytest.mark.parametrize("service", SERVICES)
def test_every_error_of_a_service_is_named_by_an_operation(service: str) -> None:
    own = {
        kind.code
        for kind in kinds()
        if kind.__module__.startswith(f"{PACKAGES[service]}.") and kind.__module__ not in SHOWN_AS_PAGES
    }
    answers = [each for _, operation in operations_of(document_of(service)) for each in operation["responses"].values()]
    assert own
    assert own - {code for answer in answers for code in answer.get("x-problems", ())} == set()


def test_every_answer_names_its_headers(document: Document) -> None:
    headers = document["components"]["headers"]
    for name, operation in operations_of(document):
        for status, answer in operation["responses"].items():
            assert answer["headers"].keys() <= headers.keys()
            assert "X-Request-Id" in answer["headers"], name
            assert OF_STATUS.get(status, "X-Request-Id") in answer["headers"], (name, status)


def test_what_is_read_has_a_tag(document: Document) -> None:
    reads = [
        (name, operation)
        for name, operation in operations_of(document)
        if name.startswith("GET ") and "application/json" in operation["responses"]["200"]["content"]
    ]
    assert reads
    for name, operation in reads:
        assert "ETag" in operation["responses"]["200"]["headers"], name
        assert "ETag" in operation["responses"]["304"]["headers"], name
        named = [each["name"] for each in operation["parameters"] if each["in"] == "header"]
        assert named == ["If-None-Match"], name


def test_what_is_made_says_where_it_is() -> None:
    recorded = dict(operations_of(document_of("enrolment")))["POST /v1/enrolments"]["responses"]["201"]
    assert recorded["headers"].keys() >= {"Location", "Idempotent-Replayed"}
