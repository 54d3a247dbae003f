"""What sign-ups cost by the rates of an operator: local support, years ahead, missing time, 120 months, the amount."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from sqlalchemy import text

from enrolment_api.main import create_app
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.enrolment_api.conftest import (
    COLLECTORS,
    UNITS,
    WRITE,
    Service,
    a_participant,
    a_sign_up,
    a_voluntary_sign_up,
    post,
)
from tests.enrolment_api.conftest import post_batch as batch

RATES = """
    [[voluntary.discount]]
    since = 2025-01-01
    until = 2035-12-31
    percent_a_month = 0.5
    source = "a test"

    [[voluntary.interest]]
    since = 2025-01-01
    until = 2035-12-31
    percent_a_month = 0.5
    supported = true
    source = "a test"

    [[local_support]]
    since = 2025-10-01
    until = 2025-12-31
    scheme = "household_health"
    unit_code = "38"
    percent_of_due = 10
    source = "Resolution 1 of the province"

    [[local_support]]
    since = 2025-10-01
    until = 2025-12-31
    scheme = "household_health"
    unit_code = "15142"
    group = "near_poor"
    vnd_a_month = 5_000
    source = "Resolution 2 of the commune"
"""
NOT_NOTED = text("UPDATE enrolments SET supported_months = NULL WHERE organisation_code = 'CT'")
Started: TypeAlias = Callable[..., Awaitable[Service]]


@pytest.fixture
def started(make_runtime: MakeRuntime, token_for: TokenFor, client_for: ClientFor, tmp_path: Path) -> Started:
    """Starts the API on that day, with the rates above and the registry of the other tests."""

    async def start(today: date, **settings: Any) -> Service:
        file = tmp_path / "rates.toml"
        file.write_text(RATES)
        runtime = await make_runtime("enrolment", today=today, rates_file=file, **settings)
        app = create_app(runtime)
        ct, nl = [await client_for(app, token_for(runtime, org=org, scope=WRITE)) for org in ("CT", "NL")]
        ops = await client_for(app, token_for(runtime, org="OPS", scope="registry:write"))
        for code, name, level, parent in UNITS:
            await ops.put(f"/v1/units/{code}", json={"name": name, "level": level, "parent_code": parent})
        for code, organisation in COLLECTORS:
            await ops.put(f"/v1/organisations/{organisation}", json={"name": organisation})
            await ops.put(f"/v1/collectors/{code}", json={"name": "Lê Thị B", "organisation_code": organisation})
        return Service(runtime, app, ops, ct, nl)

    return start


def ahead(year: int, months: int, amount: int, **changes: Any) -> dict[str, Any]:
    """One person's years of voluntary insurance from July of the year on, on an income of 2,200,000."""
    fields = {"signed_on": f"{year}-07-01", "months": months, "amount_paid": amount, "monthly_income": 2_200_000}
    return a_voluntary_sign_up(1, external_ref=f"CT-{year}") | fields | changes


async def contribution(client: httpx.AsyncClient, sign_up: dict[str, Any]) -> dict[str, Any]:
    """Of a sign-up that is taken."""
    answer = await post(client, sign_up, key=sign_up["external_ref"])
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["contribution"]
    return found


async def test_localities_support_who_lives_below_them(started: Started) -> None:
    service = await started(date(2025, 10, 25))
    village = a_sign_up(1, unit_code="15142-01", amount_paid=1_137_240)
    assert await contribution(service.ct, village) == {
        "due": 1_263_600,
        "state_support": 0,
        "local_support": 126_360,
        "payable": 1_137_240,
    }
    near_poor = a_sign_up(2, support_group="near_poor", amount_paid=192_720)
    assert await contribution(service.ct, near_poor) == {
        "due": 1_263_600,
        "state_support": 884_520,
        "local_support": 186_360,
        "payable": 192_720,
    }
    before = a_sign_up(3, signed_on="2025-09-30")
    assert (await contribution(service.ct, before))["local_support"] == 0
    [row] = await service.rows("SELECT sum(local_support) AS local, sum(due - payable) AS whole FROM enrolments")
    assert row == {"local": 312_720, "whole": 1_197_240}


async def test_a_correction_decides_on_local_support_anew(started: Started) -> None:
    service = await started(date(2025, 10, 25))
    recorded = (await post(service.ct, a_sign_up(1, amount_paid=1_137_240))).json()
    changes = {"signed_on": "2025-09-30", "amount_paid": 1_263_600}
    body = {"version": 1, "reason": "Another day", "changes": changes}
    corrected = await service.ct.post(f"/v1/enrolments/{recorded['id']}/correction", json=body)
    assert corrected.json()["contribution"]["local_support"] == 0
    unknown = {"version": 2, "reason": "x", "changes": {"support_group": "student"}}
    refused = await service.ct.post(f"/v1/enrolments/{recorded['id']}/correction", json=unknown)
    assert refused.json()["type"].endswith("/unknown-support-group")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/changes/support_group"]


async def test_local_support_is_of_the_units_above_on_the_day_of_signing(started: Started) -> None:
    service = await started(date(2025, 10, 25))
    first = a_sign_up(1, unit_code="15142-01", support_group="near_poor", signed_on="2025-10-19", amount_paid=192_720)
    recorded = (await post(service.ct, first)).json()
    body = {"name": "Xã Cẩm Tú", "level": "commune", "parent_code": "38"}
    await service.ops.put("/v1/units/15148", json=body)
    await service.ops.post("/v1/units/15142/succession", json={"on": "2025-10-20", "successors": ["15148"]})
    corrected = await service.ct.post(
        f"/v1/enrolments/{recorded['id']}/correction",
        json={"version": 1, "reason": "The receipt was wrong", "changes": {"receipt_no": "C45-000099"}},
    )
    assert corrected.json()["contribution"] == recorded["contribution"]
    late = first | {"external_ref": "CT-late", "participant": a_participant(2)}
    late["household"] = {"code": "15142-HH-0002", "member_no": 1}
    assert await contribution(service.ct, late) == recorded["contribution"]
    query = {"scheme": "household_health", "months": "12", "support_group": "near_poor", "unit_code": "15142-01"}
    for day, local in (("2025-10-19", 186_360), ("2025-10-20", 126_360)):
        quote = (await service.ct.get("/v1/quotes", params=query | {"on": day})).json()
        assert quote["total"]["local_support"] == local
    refused = await post(service.ct, a_sign_up(3, signed_on="2025-10-20", amount_paid=1), "key-3")
    assert "15142 had ended: recorded for 15148, its successor" in refused.json()["detail"]
    new = a_sign_up(3, unit_code="15142-01", support_group="near_poor", signed_on="2025-10-20", amount_paid=252_720)
    assert (await contribution(service.ct, new))["local_support"] == 126_360


@pytest.mark.parametrize(("ended_on", "last_day"), [(None, "2025-10-24"), ("2025-10-20", "2025-10-19")])
async def test_a_unit_that_is_put_below_another_was_below_the_one_before_until_then(
    started: Started, ended_on: str | None, last_day: str
) -> None:
    service = await started(date(2025, 10, 25))
    for code in ("15148", "15149"):
        body = {"name": f"Xã {code}", "level": "commune", "parent_code": "38"}
        await service.ops.put(f"/v1/units/{code}", json=body)
    if ended_on:
        split = {"on": ended_on, "successors": ["15148", "15149"]}
        assert (await service.ops.post("/v1/units/15142/succession", json=split)).status_code == 201
    village = {"level": "village"}
    for name in ("Thôn 1", "Thôn Một"):
        body = village | {"name": name, "parent_code": "15148"}
        assert (await service.ops.put("/v1/units/15142-01", json=body)).status_code == 200
    stays = await service.rows("SELECT unit_code, CAST(until_on AS text), parent_code FROM unit_stays")
    assert stays == [{"unit_code": "15142-01", "until_on": last_day, "parent_code": "15142"}]


async def test_the_state_supports_a_person_for_120_months_whoever_signs_them_up(started: Started) -> None:
    service = await started(date(2034, 7, 1))
    first = ahead(2025, 60, 20_977_600, monthly_income=1_500_000)
    await contribution(service.ct, first | {"amount_paid": await payable(service.ct, first)})
    second = ahead(2030, 48, 0, collector_code="NL-01")
    await contribution(service.nl, second | {"amount_paid": await payable(service.nl, second)})
    third = ahead(2034, 24, 0)
    due = 10_975_029  # 484,000 a month, discounted
    assert (
        "for 12 months, 0 a month (no state support beyond 120 months a person; 108 months before)"
        in (await post(service.ct, third)).json()["detail"]
    )
    assert await payable(service.ct, third) == due - 12 * 96_800
    # A row of a process that did not note the months: all of them count.
    async with service.runtime.database.write() as work:
        await work.execute(NOT_NOTED)
    assert await payable(service.ct, third) == due - 12 * 96_800
    cancel = {"version": 1, "reason": "Signed up by mistake"}
    [row] = await service.rows("SELECT id FROM enrolments WHERE organisation_code = 'CT'")
    assert (await service.ct.post(f"/v1/enrolments/{row['id']}/cancellation", json=cancel)).status_code == 200
    assert await payable(service.ct, third) == due - 24 * 96_800


async def payable(client: httpx.AsyncClient, sign_up: dict[str, Any]) -> int:
    """What the refusal of nothing paid names."""
    answer = await post(client, sign_up | {"amount_paid": 0}, key="none")
    assert answer.json()["type"].endswith("/wrong-amount"), answer.text
    return int(answer.json()["detail"].split()[0])


async def test_who_corrects_a_name_is_told_of_the_months_of_their_own_person(started: Started) -> None:
    service = await started(date(2035, 7, 1))
    for each in (ahead(2025, 60, 0, monthly_income=1_500_000), ahead(2030, 60, 0)):
        await contribution(service.ct, each | {"amount_paid": await payable(service.ct, each)})
    recorded = (await post(service.ct, ahead(2035, 3, 3 * 484_000), key="later")).json()
    named = {"participant": {"full_name": "Nguyễn Văn Anh"}}
    body = {"version": 1, "reason": "As on the card", "changes": named}
    answer = await service.ct.post(f"/v1/enrolments/{recorded['id']}/correction", json=body)
    assert answer.status_code == 200, answer.text


async def test_a_batch_counts_the_months_of_its_own_sign_ups(started: Started) -> None:
    service = await started(date(2035, 7, 1), amount_paid="warn")
    years = [ahead(2025, 60, 0, monthly_income=1_500_000), ahead(2030, 48, 0), ahead(2034, 12, 0), ahead(2035, 3, 0)]
    assert [item["status"] for item in await batch(service.ct, *years)] == [201] * 4
    rows = await service.rows("SELECT supported_months, state_support FROM enrolments ORDER BY signed_on")
    assert [row["supported_months"] for row in rows] == [60, 48, 12, 0]
    assert [row["state_support"] for row in rows] == [60 * 66_000, 48 * 96_800, 12 * 96_800, 0]


async def test_a_correction_does_not_count_the_months_of_the_sign_up_itself(started: Started) -> None:
    service = await started(date(2034, 7, 1), amount_paid="warn")
    years = [ahead(2025, 60, 0, monthly_income=1_500_000), ahead(2030, 48, 0), ahead(2034, 12, 0)]
    last = (await batch(service.ct, *years))[2]
    for version, payment in ((1, None), (2, "regular")):
        body = {
            "version": version,
            "reason": "As on the receipt",
            "changes": {"payment": payment, "receipt_no": payment},
        }
        corrected = await service.ct.post(f"/v1/enrolments/{last['id']}/correction", json=body)
        assert corrected.json()["contribution"]["state_support"] == 12 * 96_800, corrected.text
        assert corrected.json()["payment"] == payment


async def test_missing_time_is_paid_with_interest_and_covers_the_month_of_its_payment(started: Started) -> None:
    service = await started(date(2025, 10, 25))
    missing = a_voluntary_sign_up(1, months=2, payment="missing", amount_paid=532_958)
    answer = (await post(service.ct, missing)).json()
    assert (answer["payment"], answer["months"], answer["contribution"]["payable"]) == ("missing", 2, 532_958)
    assert (answer["covered_from"], answer["covered_to"]) == ("2025-10-01", "2025-10-31")


async def test_without_rates_of_interest_what_needs_them_is_refused_with_that_reason(service: Service) -> None:
    ways: tuple[dict[str, Any], ...] = ({"months": 24}, {"months": 2, "payment": "missing"})
    for number, changes in enumerate(ways):
        answer = await post(service.ct, a_voluntary_sign_up(number, **changes), key=f"key-{number}")
        assert (answer.status_code, answer.json()["type"]) == (422, "http://test/problems/unsupported-months")
        assert "in the file that DRIVE_RATES_FILE names" in answer.json()["detail"]
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/months"]


@pytest.mark.parametrize("single", [True, False])
async def test_a_policy_makes_a_wrong_amount_a_warning_that_names_what_is_payable(
    started: Started, single: bool
) -> None:
    service = await started(date(2025, 9, 25), amount_paid="warn")
    sign_up = a_sign_up(1, signed_on="2025-09-25", amount_paid=1_000_000)
    for _ in range(2):
        answer = (await post(service.ct, sign_up)).json() if single else (await batch(service.ct, sign_up))[0]
        [warning] = answer["warnings"]
        assert warning["pointer"] == "/amount_paid"
        assert warning["detail"] == "1263600 VND are payable for this sign-up, not 1000000"
    [row] = await service.rows("SELECT amount_paid, payable FROM enrolments")
    assert row == {"amount_paid": 1_000_000, "payable": 1_263_600}
