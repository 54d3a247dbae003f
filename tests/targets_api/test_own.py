"""With progress:own a reader sees what is of its organisation, of those below it and of their collectors, alone."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import httpx
import pytest
import pytest_asyncio

from services.persistence.database import Database
from targets_api.main import create_app
from tests.architecture.test_list_parameters import recorded
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import (
    CAM_THACH,
    HEALTH,
    TargetsService,
    a_collector,
    an_organisation,
    sign_ups,
)

AsReader: TypeAlias = Callable[..., Awaitable[httpx.AsyncClient]]
SCOPES: Mapping[str, dict[str, str]] = {
    "the province": {"unit_code": "38"},
    "the commune": {"unit_code": CAM_THACH},
    "VNPOST": {"organisation_code": "VNPOST"},
    "CT": {"organisation_code": "CT"},
    "CT in the commune": {"organisation_code": "CT", "unit_code": CAM_THACH},
    "CT-07": {"collector_code": "CT-07"},
    "CT-07 in the commune": {"collector_code": "CT-07", "unit_code": CAM_THACH},
    "CT-07 for CT": {"organisation_code": "CT", "collector_code": "CT-07"},
    "CT-07 for VNPOST": {"organisation_code": "VNPOST", "collector_code": "CT-07"},
    "NL": {"organisation_code": "NL"},
    "NL-01": {"collector_code": "NL-01"},
}
"""Targets by name: VNPOST has the post offices CT and NL, and these have CT-07 and NL-01."""
OF_CT = {"CT", "CT in the commune", "CT-07", "CT-07 in the commune", "CT-07 for CT"}
OF_NL = {"NL", "NL-01"}
OWN: Mapping[str, set[str]] = {
    "CT": OF_CT,
    "NL": OF_NL,
    "VNPOST": OF_CT | OF_NL | {"VNPOST", "CT-07 for VNPOST"},
    "BHXH-38": set(),
}
"""The targets that each organisation sees as its own."""
OWNERS: Mapping[str, set[str]] = {
    "CT": {"organisations/CT", "collectors/CT-07"},
    "NL": {"organisations/NL", "collectors/NL-01"},
    "VNPOST": {
        *("organisations/VNPOST", "organisations/CT", "organisations/NL"),
        *("collectors/CT-07", "collectors/NL-01"),
    },
    "BHXH-38": set(),
}
"""The owners whose progress each of them sees."""


@pytest_asyncio.fixture
async def as_reader(service: TargetsService, client_for: ClientFor, token_for: TokenFor) -> AsReader:
    """Makes clients of an organisation; all targets of SCOPES are set."""
    await service.handle([a_collector("NL-01", "NL")])
    for name, scope in SCOPES.items():
        await service.target(name=name, scope=scope)
    app = create_app(service.runtime)

    async def make(org: str, scope: str = "progress:own") -> httpx.AsyncClient:
        return await client_for(app, token_for(service.runtime, org=org, scope=scope))

    return make


async def listed(client: httpx.AsyncClient, **query: Any) -> set[str]:
    """The names of the targets in the list, page by page."""
    names: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/targets", params={"limit": 2, **query, **after})).json()
        names += [target["name"] for target in page["items"]]
        if page["next"] is None:
            assert len(names) == len(set(names))
            return set(names)
        after = {"after": page["next"]}


async def progress(client: httpx.AsyncClient, owner: str) -> httpx.Response:
    """Progress of an owner."""
    return await client.get(f"/v1/progress/{owner}", params={"scheme": HEALTH})


@pytest.mark.parametrize("org", OWN)
async def test_a_list_of_targets_holds_the_own_alone(as_reader: AsReader, org: str) -> None:
    own = await as_reader(org)
    assert await listed(own) == OWN[org]
    assert await listed(own, unit_code=CAM_THACH) == {name for name in OWN[org] if "unit_code" in SCOPES[name]}
    assert await listed(own, organisation_code="NL") == OWN[org] & {"NL"}
    for scope in ("progress:read", "progress:read progress:own", "admin"):
        assert await listed(await as_reader(org, scope)) == set(SCOPES)


@pytest.mark.parametrize("org", OWN)
async def test_a_target_of_others_is_not_found_as_if_it_were_not_there(
    service: TargetsService, as_reader: AsReader, org: str
) -> None:
    own = await as_reader(org)
    found, details = set(), set()
    for target in (await service.http.get("/v1/targets")).json()["items"]:
        answer = await own.get(f"/v1/targets/{target['id']}")
        if answer.status_code == 200:
            found.add(target["name"])
        else:
            assert (answer.status_code, answer.json()["type"]) == (404, "http://test/problems/no-such-target")
            details.add(answer.json()["detail"].replace(target["id"], "ID"))
    assert found == OWN[org]
    assert details <= {"no target has the id ID"}


@pytest.mark.parametrize("org", OWNERS)
async def test_progress_of_others_is_not_found_in_the_words_for_what_is_unknown(
    service: TargetsService, as_reader: AsReader, org: str
) -> None:
    own = await as_reader(org)
    for owner in sorted(OWNERS["VNPOST"]):
        kind, _, code = owner.partition("/")
        answer, unknown = await progress(own, owner), await progress(own, f"{kind}/nobody")
        if owner in OWNERS[org]:
            assert answer.json()[kind[:-1]]["code"] == code
        else:
            assert (answer.status_code, answer.json()) == (
                404,
                {**unknown.json(), "detail": unknown.json()["detail"].replace("nobody", code)},
            )
        assert (await progress(service.http, owner)).status_code == 200


@pytest.mark.parametrize("org", ["CT", "VNPOST"])
async def test_progress_shows_no_target_that_names_another_organisation(as_reader: AsReader, org: str) -> None:
    shown = (await progress(await as_reader(org), "collectors/CT-07")).json()
    named = {"CT-07", "CT-07 in the commune", "CT-07 for CT", "CT-07 for VNPOST"}
    assert {target["name"] for target in shown["targets"]} == named & OWN[org]
    assert {t["name"] for t in (await progress(await as_reader("CT"), "organisations/CT")).json()["targets"]} == {
        "CT",
        "CT in the commune",
    }


@pytest.mark.parametrize("path", ["units/38", f"units/{CAM_THACH}/children"])
async def test_progress_of_units_needs_the_scope_for_everybodys(as_reader: AsReader, path: str) -> None:
    answer = await progress(await as_reader("VNPOST"), path)
    assert (answer.status_code, answer.json()["type"]) == (403, "http://test/problems/forbidden")
    assert answer.json()["detail"] == "this needs the scope progress:read; the token grants progress:own"


async def test_a_remembered_answer_is_for_those_alone_who_may_see_it(
    service: TargetsService, as_reader: AsReader
) -> None:
    own, others, agency = await as_reader("CT"), await as_reader("NL"), service.http
    for _ in range(2):
        assert (await progress(agency, "collectors/CT-07")).status_code == 200
        assert (await progress(own, "collectors/CT-07")).status_code == 200
        assert (await progress(others, "collectors/CT-07")).status_code == 404
    assert len((await progress(agency, "collectors/CT-07")).json()["targets"]) == 4
    assert len((await progress(own, "collectors/CT-07")).json()["targets"]) == 3


async def test_figures_are_the_same_for_whoever_may_see_them(service: TargetsService, as_reader: AsReader) -> None:
    await service.handle([*sign_ups(3), *sign_ups(2, organisation_code="NL", collector_code="NL-01")])
    for org, owner, new in (("CT", "organisations/CT", 3), ("VNPOST", "organisations/VNPOST", 5)):
        seen = (await progress(await as_reader(org), owner)).json()
        whole = (await progress(service.http, owner)).json()
        assert {name for name in whole if whole[name] != seen[name]} <= {"as_of", "waiting", "stale_since"}
        assert (seen["new"], seen.keys()) == (new, whole.keys())


async def test_what_is_own_follows_the_registry_at_once(service: TargetsService, as_reader: AsReader) -> None:
    office, other = await as_reader("CT"), await as_reader("NL")
    assert (await progress(office, "organisations/NL")).status_code == 404
    await service.handle([an_organisation("NL", "CT", version=2)])
    assert (await progress(office, "organisations/NL")).status_code == 200
    assert await listed(office) == OF_CT | OF_NL
    await service.handle([a_collector("CT-07", "NL", version=2), an_organisation("NL", "VNPOST", version=3)])
    assert (await progress(office, "collectors/CT-07")).status_code == 404
    assert (await progress(other, "collectors/CT-07")).status_code == 200
    assert await listed(office) == {"CT", "CT in the commune", "CT-07 for CT"}


async def test_who_moved_is_seen_with_all_sign_ups_by_the_present_organisation_and_each_keeps_its_own_figures(
    service: TargetsService, as_reader: AsReader
) -> None:
    await service.handle(sign_ups(3, collector_code="CT-07"))
    await service.handle([a_collector("CT-07", "NL", version=2)])
    await service.handle(sign_ups(2, organisation_code="NL", collector_code="CT-07"))
    former, present = await as_reader("CT"), await as_reader("NL")
    shown = (await progress(present, "collectors/CT-07")).json()
    assert (shown["new"], shown["collector"]) == (5, {"code": "CT-07", "organisation_code": "NL"})
    below = await progress(present, "organisations/NL/collectors")
    assert {each["collector"]["code"]: each["new"] for each in below.json()["items"]} == {"CT-07": 5, "NL-01": 0}
    assert (await progress(present, "organisations/NL")).json()["new"] == 2
    assert (await progress(former, "organisations/CT")).json()["new"] == 3
    assert (await progress(former, "collectors/CT-07")).status_code == 404
    for answer in (shown, below.json()):
        assert '"CT"' not in json.dumps(answer), "nothing says whom they worked for before"


async def test_for_whoever_sees_everything_nothing_more_is_asked_of_the_database(
    service: TargetsService, as_reader: AsReader
) -> None:
    own, agency = await as_reader("CT"), service.http

    async def statements(client: httpx.AsyncClient, database: Database = service.runtime.database) -> int:
        with recorded(database) as seen:
            assert (await progress(client, "collectors/CT-07")).status_code == 200
        return len(seen)

    assert (await statements(agency), await statements(own)) == (3, 4)
    assert (await statements(agency), await statements(own)) == (1, 1)
