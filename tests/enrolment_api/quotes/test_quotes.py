"""Quotes: asked without a token, line by line, by the rules of sign-ups, and with one look at the database at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
import pytest_asyncio

from enrolment_api.contributions.rates import load_rates
from enrolment_api.domain.rates import Rates
from tests.architecture.test_list_parameters import recorded
from tests.conftest import ClientFor
from tests.enrolment_api.conftest import Service, a_sign_up, a_voluntary_sign_up, post
from tests.openapi.documents import app_of

LOCAL = """
    [[local_support]]
    since = 2025-10-01
    scheme = "household_health"
    unit_code = "38"
    percent_of_due = 10
    source = "Resolution 1 of the province"
"""
MEMBERS = [("none", 1_263_600), ("none", 884_520), ("none", 758_160), ("none", 631_800), ("none", 505_440)]


@pytest_asyncio.fixture
async def anybody(client_for: ClientFor) -> httpx.AsyncClient:
    """Without a token, at a service without a database: only who names a unit needs one."""
    return await client_for(app_of("enrolment"))


@pytest_asyncio.fixture
async def neighbour(service: Service, client_for: ClientFor) -> httpx.AsyncClient:
    """Without a token, at a service that knows the units."""
    return await client_for(service.app)


def load_rates_of(service: Service, text: str) -> Rates:
    """The rates with these, from a file in the folder of the service."""
    file = service.runtime.settings.data_dir / "rates.toml"
    file.write_text(text)
    return load_rates(file)


async def asked(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    """The quote for one person: a year of household health insurance, but for the changes."""
    usual: dict[str, Any] = {"scheme": "household_health", "on": "2025-10-25", "months": 12}
    answer = await client.get("/v1/quotes", params=usual | query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def of_household(client: httpx.AsyncClient, first: Sequence[dict[str, Any]], **changes: Any) -> httpx.Response:
    """The answer for a household."""
    body = {"scheme": "household_health", "on": "2025-10-25", "months": 12, "members": first}
    return await client.post("/v1/quotes", json=body | changes)


async def test_a_household_is_quoted_member_by_member_and_in_sum(anybody: httpx.AsyncClient) -> None:
    quote = (await of_household(anybody, [{"support_group": group} for group, _ in MEMBERS])).json()
    assert [member["member_no"] for member in quote["members"]] == [1, 2, 3, 4, 5]
    assert [member["payable"] for member in quote["members"]] == [amount for _, amount in MEMBERS]
    assert quote["total"] == {"due": 4_043_520, "state_support": 0, "local_support": 0, "payable": 4_043_520}
    assert quote["on"] == "2025-10-25"
    assert quote["members"][1]["lines"] == [
        {
            "what": "contribution",
            "base": 2_340_000,
            "rate": 3.15,
            "months": 12,
            "amount": 884_520,
            "source": "Decree 188/2025 Art. 6.5; base salary: Decree 73/2024",
            "text": "member 2: 70 % of 4.5 % of the base salary, 2340000",
        }
    ]


async def test_those_who_join_later_are_quoted_under_their_numbers(anybody: httpx.AsyncClient) -> None:
    quote = (await of_household(anybody, [{"member_no": 4}, {"member_no": 5}])).json()
    assert [(each["member_no"], each["payable"]) for each in quote["members"]] == [(4, 631_800), (5, 505_440)]


async def test_the_lines_of_each_member_sum_to_what_is_payable(anybody: httpx.AsyncClient) -> None:
    quote = (await of_household(anybody, [{"support_group": "near_poor"}, {}, {"support_group": "near_poor"}])).json()
    for member in quote["members"]:
        assert sum(line["amount"] for line in member["lines"]) == member["payable"]
        assert all(line["source"] and line["text"] for line in member["lines"])
    for name, whole in quote["total"].items():
        assert sum(member[name] for member in quote["members"]) == whole
    assert quote["members"][0]["lines"][1] == {
        "what": "state_support",
        "base": 105_300,
        "rate": 70.0,
        "months": 12,
        "amount": -884_520,
        "source": "Decree 188/2025: 70 % at least",
        "text": "state support of near_poor: 70 % of 105300",
    }


@pytest.mark.parametrize(
    ("sign_up", "query"),
    [
        (a_sign_up(1), {"member_no": 1, "unit_code": "15142"}),
        (a_sign_up(1, months=3, support_group="near_poor"), {"months": 3, "support_group": "near_poor"}),
        (a_voluntary_sign_up(1), {"scheme": "voluntary_social", "months": 1, "monthly_income": 1_500_000}),
        (
            a_voluntary_sign_up(1, months=12, monthly_income=5_000_000, support_group="poor"),
            {"scheme": "voluntary_social", "monthly_income": 5_000_000, "support_group": "poor"},
        ),
    ],
)
async def test_a_sign_up_of_the_amount_quoted_is_taken(
    service: Service, neighbour: httpx.AsyncClient, sign_up: dict[str, Any], query: dict[str, Any]
) -> None:
    quote = await asked(neighbour, **query)
    answer = await post(service.ct, sign_up | {"amount_paid": quote["total"]["payable"]})
    assert answer.status_code == 201, answer.text
    assert answer.json()["contribution"] == quote["total"]


async def test_the_unit_decides_on_local_support(service: Service, neighbour: httpx.AsyncClient) -> None:
    service.app.state.rates = load_rates_of(service, LOCAL)
    assert (await asked(neighbour))["total"]["local_support"] == 0
    for unit_code in ("15142-01", "15142"):
        assert (await asked(neighbour, unit_code=unit_code))["total"]["local_support"] == 126_360
    line = (await of_household(neighbour, [{}], unit_code="15142-01")).json()["members"][0]["lines"][-1]
    assert (line["what"], line["amount"], line["source"]) == ("local_support", -126_360, "Resolution 1 of the province")


async def test_a_unit_that_is_not_there_on_the_day_is_refused_by_its_field(neighbour: httpx.AsyncClient) -> None:
    usual: dict[str, Any] = {"scheme": "household_health", "on": "2025-10-25", "months": 12, "unit_code": "99999"}
    answers = [await neighbour.get("/v1/quotes", params=usual), await of_household(neighbour, [{}], unit_code="99999")]
    problems = [answer.json() for answer in answers]
    assert [problem["type"] for problem in problems] == ["http://test/problems/unknown-unit"] * 2
    assert [problem["errors"][0]["pointer"] for problem in problems] == ["/query/unit_code", "/unit_code"]


async def test_a_unit_that_takes_no_sign_ups_is_not_quoted(neighbour: httpx.AsyncClient) -> None:
    answer = await of_household(neighbour, [{}], unit_code="38")
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "http://test/problems/unit-too-large")
    assert [error["pointer"] for error in problem["errors"]] == ["/unit_code"]


async def test_a_unit_that_ended_is_quoted_as_its_successor(service: Service, neighbour: httpx.AsyncClient) -> None:
    body = {"name": "Xã Cẩm Tú", "level": "commune", "parent_code": "38"}
    await service.ops.put("/v1/units/15148", json=body)
    ended = await service.ops.post("/v1/units/15142/succession", json={"on": "2025-10-01", "successors": ["15148"]})
    assert ended.status_code == 201, ended.text
    service.app.state.rates = load_rates_of(service, LOCAL.replace('"38"', '"15148"'))
    on = {"2025-09-30": 0, "2025-10-25": 126_360}
    found = {day: (await asked(neighbour, unit_code="15142", on=day))["total"]["local_support"] for day in on}
    assert found == on


async def test_months_supported_before_leave_fewer_to_support(anybody: httpx.AsyncClient) -> None:
    voluntary = {"scheme": "voluntary_social", "monthly_income": 1_500_000}
    [member] = (await asked(anybody, **voluntary, supported_months=112))["members"]
    assert member["state_support"] == 8 * 66_000
    assert [(line["what"], line["months"], line["amount"]) for line in member["lines"]] == [
        ("contribution", 12, 3_960_000),
        ("state_support", 8, -528_000),
        ("state_support", 4, 0),
    ]
    assert "120 months" in member["lines"][2]["text"]
    body = {"scheme": "voluntary_social", "members": [{"monthly_income": 1_500_000, "supported_months": 120}]}
    answer = await of_household(anybody, [], **body)
    assert answer.json()["total"]["state_support"] == 0


async def test_a_quote_is_of_today_where_no_day_is_given_and_of_any_day_that_has_rates(
    neighbour: httpx.AsyncClient,
) -> None:
    answer = await neighbour.get("/v1/quotes", params={"scheme": "household_health", "months": "3"})
    assert (answer.json()["on"], answer.json()["total"]["payable"]) == ("2025-10-25", 315_900)
    assert (await asked(neighbour, on="2026-07-01"))["total"]["payable"] == 1_366_200


async def test_no_more_than_one_statement_is_run_for_a_quote(service: Service, neighbour: httpx.AsyncClient) -> None:
    queries: tuple[tuple[dict[str, str], int], ...] = (({}, 0), ({"unit_code": "15142-01"}, 1))
    for query, reads in queries:
        with recorded(service.runtime.database) as statements:
            await asked(neighbour, **query)
        assert len([each for each in statements if "SELECT" in each]) == reads


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({"months": 4}, "/query/months", "unsupported-months"),
        ({"on": "2020-01-01"}, "/query/on", "no-rates"),
        ({"support_group": "poor"}, "/query/support_group", "unknown-support-group"),
        ({"monthly_income": 1_500_000}, "/query/monthly_income", "invalid"),
        ({"supported_months": 1}, "/query/supported_months", "invalid"),
        ({"payment": "missing"}, "/query/payment", "invalid"),
        ({"member_no": 51}, "/query/member_no", "invalid"),
        ({"scheme": "voluntary_social"}, "/query/monthly_income", "invalid"),
        ({"scheme": "voluntary_social", "monthly_income": 1}, "/query/monthly_income", "income-out-of-range"),
        ({"scheme": "voluntary_social", "monthly_income": 1, "member_no": 1}, "/query/member_no", "invalid"),
        (
            {"scheme": "voluntary_social", "monthly_income": 1_500_000, "months": 24},
            "/query/months",
            "unsupported-months",
        ),
    ],
)
async def test_a_refusal_names_the_parameter(
    anybody: httpx.AsyncClient, query: dict[str, Any], pointer: str, code: str
) -> None:
    usual: dict[str, Any] = {"scheme": "household_health", "on": "2025-10-25", "months": 12}
    answer = await anybody.get("/v1/quotes", params=usual | query)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, f"http://test/problems/{code}")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"months": 4}, "/months", "unsupported-months"),
        ({"on": "2020-01-01"}, "/on", "no-rates"),
        ({"members": [{}, {"support_group": "poor"}]}, "/members/1/support_group", "unknown-support-group"),
        ({"members": []}, "/members", "invalid"),
        ({"members": [{"member_no": 2}, {"member_no": 2}]}, "/members/1/member_no", "invalid"),
        ({"members": [{"member_no": 2}, {}]}, "/members/1/member_no", "invalid"),
        ({"members": [{}] * 51}, "/members", "invalid"),
        ({"members": [{"monthly_income": 1}]}, "/members/0/monthly_income", "invalid"),
        ({"scheme": "voluntary_social"}, "/members/0/monthly_income", "invalid"),
        (
            {"scheme": "voluntary_social", "members": [{"monthly_income": 1_500_000}, {"monthly_income": 1}]},
            "/members/1/monthly_income",
            "income-out-of-range",
        ),
    ],
)
async def test_a_refusal_names_the_field(
    anybody: httpx.AsyncClient, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await of_household(anybody, [{}], **changes)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, f"http://test/problems/{code}")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
