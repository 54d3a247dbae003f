"""The search for a person by their personal ID."""

from __future__ import annotations

from typing import Any

import httpx

from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import Service, a_sign_up, a_voluntary_sign_up, post, post_batch


async def search(client: httpx.AsyncClient, personal_id: str) -> list[str]:
    """References of what is found."""
    answer = await client.post("/v1/participants/search", json={"personal_id": personal_id})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    assert [item for item in items if item["participant"]["personal_id"] != personal_id.replace(" ", "")] == []
    return [item["external_ref"] for item in items]


async def test_a_person_is_found_by_their_id_in_what_one_may_see_and_each_search_is_noted(
    service: Service, client_for: ClientFor, token_for: TokenFor
) -> None:
    async def client(org: str, scope: str) -> httpx.AsyncClient:
        return await client_for(service.app, token_for(service.runtime, org=org, scope=scope))

    await post_batch(service.ct, a_sign_up(1), a_sign_up(2))
    await post(service.nl, a_voluntary_sign_up(1, external_ref="NL-1", collector_code="NL-01"))
    cancelled = await post(service.ct, a_voluntary_sign_up(3, external_ref="CT-3"), key="ct-3")
    path = f"/v1/enrolments/{cancelled.json()['id']}/cancellation"
    await service.ct.post(path, json={"version": 1, "reason": "in error"})
    ct, nl = await client("CT", "participants:read"), await client("NL", "participants:read")
    agency = await client("BHXH", "participants:read enrolments:review")
    assert await search(ct, "038080 000001") == ["CT-0001"]
    assert await search(nl, "038080000001") == ["NL-1"]
    assert await search(nl, "038080000002") == await search(nl, "038080000099") == []
    assert await search(ct, "038080000003") == []
    assert await search(agency, "038080000001") == ["CT-0001", "NL-1"]
    entries = (await agency.get("/v1/audit")).json()["items"]
    assert [(e["action"], e["organisation_code"], len(e["ids"]), e["filters"]) for e in entries] == [
        ("search", org, found, {"personal_id": "given"})
        for org, found in (("CT", 1), ("NL", 1), ("NL", 0), ("NL", 0), ("CT", 0), ("BHXH", 2))
    ]


async def test_a_search_needs_the_scope_and_an_id(service: Service, client_for: ClientFor, token_for: TokenFor) -> None:
    refused = await service.ct.post("/v1/participants/search", json={"personal_id": "038080000001"})
    assert refused.status_code == 403
    clear = await client_for(service.app, token_for(service.runtime, org="CT", scope="participants:read"))
    wrong = await clear.post("/v1/participants/search", json={"personal_id": "12"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/personal_id")
