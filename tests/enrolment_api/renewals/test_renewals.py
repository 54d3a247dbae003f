"""Covers that run out: each collector's list of the day."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import Service, a_participant, a_sign_up, a_voluntary_sign_up, post_batch

THREE_MONTHS = {"signed_on": "2025-07-02", "months": 3, "amount_paid": 315_900}
"""Signed on 2 July, cover ends on 31 October: six days after the day of these tests."""


def ending_soon(number: int, **changes: Any) -> dict[str, Any]:
    """A sign-up whose cover ends on 2025-10-31."""
    return a_sign_up(number, **THREE_MONTHS | changes)


async def due(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    """The list, as one page."""
    answer = await client.get("/v1/renewals-due", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def numbers(service: Service, client: httpx.AsyncClient, **query: str) -> list[str]:
    """The references of the sign-ups that are due, in the order of the list."""
    refs = {
        str(row["id"]): row["external_ref"] for row in await service.rows("SELECT id, external_ref FROM enrolments")
    }
    return [refs[item["enrolment_id"]] for item in await due(client, **query)]


async def test_a_cover_that_ends_soon_is_told_with_the_days_of_its_renewal(service: Service) -> None:
    await post_batch(service.ct, ending_soon(1), a_sign_up(2))
    [item] = await due(service.ct)
    assert item["participant"]["personal_id"] == "*********001"
    assert item["household"] == {"code": "15142-HH-0001", "member_no": 1}
    assert {name: item[name] for name in ("covered_to", "days_left", "renewable_from", "renewal_until", "months")} == {
        "covered_to": "2025-10-31",
        "days_left": 6,
        "renewable_from": "2025-09-01",
        "renewal_until": "2026-01-29",
        "months": 3,
    }


@pytest.mark.parametrize("who", ["ct", "nl"])
async def test_what_was_renewed_by_whomever_is_not_due(service: Service, who: str) -> None:
    await post_batch(service.ct, ending_soon(1), ending_soon(2))
    collector = {"ct": "CT-07", "nl": "NL-01"}[who]
    renewal = a_sign_up(1, external_ref="again", collector_code=collector)
    [answer] = await post_batch(getattr(service, who), renewal)
    assert answer["status"] == 201, answer
    assert await numbers(service, service.ct) == ["CT-0002"]


async def test_a_renewal_that_was_cancelled_leaves_the_cover_due(service: Service) -> None:
    await post_batch(service.ct, ending_soon(1))
    [renewal] = await post_batch(service.ct, a_sign_up(1, external_ref="again"))
    assert await numbers(service, service.ct) == []
    reason = {"version": 1, "reason": "Paid back"}
    await service.ct.post(f"/v1/enrolments/{renewal['id']}/cancellation", json=reason)
    assert await numbers(service, service.ct) == ["CT-0001"]


async def test_a_cancelled_sign_up_is_not_due(service: Service) -> None:
    [recorded] = await post_batch(service.ct, ending_soon(1))
    reason = {"version": 1, "reason": "Paid back"}
    await service.ct.post(f"/v1/enrolments/{recorded['id']}/cancellation", json=reason)
    assert await due(service.ct) == []


async def test_the_list_is_narrowed_by_unit_collector_scheme_and_days(service: Service) -> None:
    await service.ops.put("/v1/units/15127", json={"name": "Xã Cẩm Thủy", "level": "commune", "parent_code": "38"})
    await service.ops.put("/v1/collectors/CT-08", json={"name": "B", "organisation_code": "CT"})
    await post_batch(
        service.ct,
        ending_soon(1),
        ending_soon(2, unit_code="15142-01", collector_code="CT-08"),
        ending_soon(3, unit_code="15127"),
        a_voluntary_sign_up(4, signed_on="2025-10-20"),
        ending_soon(5, signed_on="2025-07-20"),
        a_voluntary_sign_up(6, signed_on="2025-09-20"),
    )
    for query, expected in (
        ({}, ["CT-0001", "CT-0002", "CT-0003", "CT-0004", "CT-0005"]),
        ({"under": "15142"}, ["CT-0001", "CT-0002", "CT-0004", "CT-0005"]),
        ({"under": "15142-01"}, ["CT-0002"]),
        ({"collector_code": "ct-08"}, ["CT-0002"]),
        ({"scheme": "voluntary_social"}, ["CT-0004"]),
        ({"within_days": "6"}, ["CT-0001", "CT-0002", "CT-0003", "CT-0004"]),
        ({"within_days": "5"}, []),
        ({"within_days": "0", "lapsed_days": "25"}, ["CT-0006"]),
        ({"within_days": "0", "lapsed_days": "24"}, []),
    ):
        assert await numbers(service, service.ct, **query) == expected, query


async def test_the_list_is_read_page_by_page(service: Service) -> None:
    await post_batch(service.ct, *(ending_soon(n, signed_on=f"2025-07-{2 + n % 3:02}") for n in range(7)))
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await service.ct.get("/v1/renewals-due", params={"limit": "3", **after})).json()
        found += page["items"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert [item["covered_to"] for item in found] == ["2025-10-31"] * 3 + ["2025-11-01"] * 2 + ["2025-11-02"] * 2
    assert len({item["enrolment_id"] for item in found}) == 7


async def test_only_the_agency_sees_what_others_have_to_renew(
    service: Service, token_for: TokenFor, client_for: ClientFor
) -> None:
    await post_batch(service.ct, ending_soon(1))
    await post_batch(service.nl, ending_soon(2, collector_code="NL-01"))
    agency = await client_for(service.app, token_for(service.runtime, org="OPS", scope="enrolments:review"))
    assert [item["organisation_code"] for item in await due(service.ct)] == ["CT"]
    assert [item["organisation_code"] for item in await due(service.nl)] == ["NL"]
    assert {item["organisation_code"] for item in await due(agency)} == {"CT", "NL"}


async def test_a_collector_who_moved_leaves_the_list_to_the_organisation(service: Service) -> None:
    await post_batch(service.ct, ending_soon(1))
    moved = {"name": "Lê Thị B", "organisation_code": "NL", "from": "2025-10-01"}
    assert (await service.ops.put("/v1/collectors/CT-07", json=moved)).status_code == 200
    assert await numbers(service, service.ct, collector_code="CT-07") == ["CT-0001"]
    assert await due(service.nl) == []


async def test_nor_does_one_whose_move_left_no_trace(service: Service) -> None:
    """As the version before moved collectors."""
    await post_batch(service.ct, ending_soon(1))
    async with service.runtime.database.write() as work:
        await work.execute(text("UPDATE collectors SET organisation_code = 'NL' WHERE code = 'CT-07'"))
    assert await numbers(service, service.ct, collector_code="CT-07") == ["CT-0001"]


async def test_personal_data_is_clear_and_noted_with_participants_read(
    service: Service, token_for: TokenFor, client_for: ClientFor
) -> None:
    await post_batch(service.ct, ending_soon(1))
    scope = "enrolments:read participants:read"
    reader = await client_for(service.app, token_for(service.runtime, org="CT", scope=scope))
    [item] = await due(reader, within_days="20")
    assert item["participant"]["full_name"] == a_participant()["full_name"]
    [entry] = await service.rows("SELECT action, route FROM audit_entries")
    assert entry == {"action": "list", "route": "GET /v1/renewals-due"}


@pytest.mark.parametrize("query", [{"within_days": "367"}, {"lapsed_days": "-1"}, {"scheme": "x"}, {"after": "1"}])
async def test_a_wrong_parameter_is_refused_by_its_name(service: Service, query: dict[str, str]) -> None:
    answer = await service.ct.get("/v1/renewals-due", params=query)
    [name] = query
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/query/{name}")
