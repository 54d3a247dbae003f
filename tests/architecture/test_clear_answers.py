"""Every operation whose answer has a person in it notes that it has shown them in clear, whatever it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from sqlalchemy import text

from services.runtime import AnyRuntime
from tests.architecture.api import Api
from tests.architecture.foreign import World, a_world
from tests.architecture.test_foreign_ids import an_example, parameters_of
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.enrolment_api.conftest import a_participant, a_sign_up, post

COUNT = text("SELECT count(*) FROM audit_entries")
CLEAR = "enrolments:read enrolments:write enrolments:review participants:read"
OF_THE_AGENCY = {"accept_enrolment", "return_enrolment"}
"""They take what was submitted."""


def shows_people(api: Api, operation: Mapping[str, Any]) -> bool:
    """Whether an answer of success has a person in it, at whatever depth."""
    answers = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    return "ParticipantView" in set(schemas_in(api, answers, set()))


def schemas_in(api: Api, part: Any, seen: set[str]) -> Iterator[str]:
    """The names of all schemas that it refers to."""
    for name in set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(part))) - seen:
        seen.add(name)
        yield name
        yield from schemas_in(api, api.document["components"]["schemas"][name], seen)


class Office:
    """A client that sees all in clear, and one that sees nothing so and prepares what the other asks for."""

    def __init__(self, world: World, clear: httpx.AsyncClient, masked: httpx.AsyncClient, case_id: str) -> None:
        self.world, self.clear, self.masked, self.case_id = world, clear, masked, case_id
        self.people = 1

    async def fresh(self) -> dict[str, Any]:
        """A sign-up that was just recorded."""
        self.people += 1
        sign_up = a_sign_up(self.people)
        recorded: dict[str, Any] = (await post(self.masked, sign_up, key=f"key-{self.people}")).json()
        return recorded

    async def ask(self, method: str, path: str, operation: Mapping[str, Any]) -> httpx.Response:
        """For a sign-up made for that, or for the case."""
        name, api = operation["operationId"], self.world.api
        if name == "record_enrolment":
            return await post(self.clear, a_sign_up(self.people), key=f"key-{self.people}")
        enrolment = await self.fresh()
        version = 1
        if name in OF_THE_AGENCY:
            await self.masked.post(f"/v1/enrolments/{enrolment['id']}/submission", json={"version": 1})
            version = 2
        path = path.replace("{enrolment_id}", enrolment["id"]).replace("{case_id}", self.case_id)
        assert "{" not in path, f"{path}: say here what it is asked for"
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        given = an_example(api, body["schema"]) if body else None
        if given and "version" in given:
            given |= {"version": version}
        query = {p["name"]: an_example(api, p["schema"]) for p in parameters_of(operation, "query") if p["required"]}
        return await self.clear.request(method, path, json=given, params=query)


async def noted(runtime: AnyRuntime) -> int:
    """How many entries the audit trail has."""
    async with runtime.database.read() as session:
        return int((await session.execute(COUNT)).scalar_one())


async def test_every_answer_that_shows_people_in_clear_is_in_the_audit_trail(
    make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor
) -> None:
    world = await a_world("enrolment", make_runtime, client_for, token_for)
    app = world.stranger._transport.app  # type: ignore[attr-defined]
    clear = await client_for(app, token_for(world.runtime, org="CT", scope=CLEAR))
    masked = await client_for(app, token_for(world.runtime, org="CT", scope="enrolments:write enrolments:read"))
    of_the_examples = {"name": "Xã Cẩm Thủy", "level": "commune", "parent_code": "38"}
    await world.api.client.put("/v1/units/15127", json=of_the_examples)
    claim = a_sign_up(1, external_ref="NL-1", collector_code="NL-01", participant=a_participant(1, sex="female"))
    refused = await post(world.stranger, claim)
    office = Office(world, clear, masked, refused.json()["detail"].rpartition(" ")[2])
    tried = []
    for method, path, operation in world.api.operations():
        if shows_people(world.api, operation):
            before = await noted(world.runtime)
            answer = await office.ask(method, path, operation)
            assert answer.status_code in {200, 201}, (path, answer.text)
            assert await noted(world.runtime) == before + 1, (method, path)
            tried.append(operation["operationId"])
    assert {"record_enrolment", "get_enrolment", "list_own_enrolments", "get_identity_case"} <= set(tried)
