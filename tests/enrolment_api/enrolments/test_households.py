"""Members of a household join one after the other: what each pays depends on it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from enrolment_api.main import create_app
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.enrolment_api.conftest import COLLECTORS, LAUNCH_DAY, UNITS, WRITE, Service, a_sign_up, post, post_batch

YEARLY = (1_263_600, 884_520, 758_160, 631_800, 505_440)


def member(number: int, member_no: int, **changes: Any) -> dict[str, Any]:
    """The `number`-th person as that member of one household."""
    amount = YEARLY[min(member_no, 5) - 1]
    household = {"code": "15142-HH-0042", "member_no": member_no}
    return a_sign_up(number, household=household, amount_paid=amount) | changes


async def test_member_five_alone_in_a_new_household_is_refused(service: Service) -> None:
    answer = await post(service.ct, member(1, 5))
    assert (answer.status_code, answer.json()["type"]) == (422, "http://test/problems/wrong-member-number")
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/household/member_no"
    assert error["detail"].startswith("number 1 is expected for this person")


async def test_members_join_one_after_the_other(service: Service) -> None:
    for number in range(1, 7):
        answer = await post(service.ct, member(number, number), key=f"key-{number}")
        assert answer.status_code == 201, answer.text
    answer = await post(service.ct, member(9, 1), key="key-9")
    assert "number 7 is expected" in answer.json()["detail"]


async def test_of_ten_persons_who_join_as_member_one_at_once_one_does(service: Service) -> None:
    answers = await asyncio.gather(*(post(service.ct, member(n, 1), key=f"key-{n}") for n in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 9
    assert {answer.json().get("type", "") for answer in answers} == {"", "http://test/problems/wrong-member-number"}


async def test_two_units_of_work_that_know_nothing_of_each_other_do_not_share_a_number(
    service: Service, client_for: ClientFor, token_for: TokenFor
) -> None:
    other = await client_for(create_app(service.runtime), token_for(service.runtime, org="CT", scope=WRITE))
    for turn in range(5):
        household = {"code": f"H-{turn}", "member_no": 1}
        first, second = member(2 * turn, 1, household=household), member(2 * turn + 1, 1, household=household)
        answers = await asyncio.gather(post(service.ct, first, key=f"a{turn}"), post(other, second, key=f"b{turn}"))
        assert sorted(answer.status_code for answer in answers) == [201, 422]


async def test_a_batch_may_name_the_members_in_any_order(service: Service) -> None:
    items = await post_batch(service.ct, member(3, 3), member(1, 1), member(2, 2), member(4, 1))
    assert [item["status"] for item in items] == [201, 201, 201, 422]
    assert "number 4 is expected" in items[3]["problem"]["detail"]


async def test_a_repeat_is_replayed_and_a_member_signs_up_again_under_their_number(service: Service) -> None:
    half_year = {"months": 6, "amount_paid": YEARLY[0] // 2, "signed_on": "2025-02-03"}
    first = await post(service.ct, member(1, 1, **half_year))
    assert (await post(service.ct, member(1, 1, **half_year))).headers["idempotent-replayed"] == "true"
    assert (await post(service.ct, member(2, 2), key="key-2")).status_code == 201
    again = await post(service.ct, member(1, 1, external_ref="again"), key="key-3")
    assert (first.status_code, again.status_code) == (201, 201)


async def test_each_fiscal_year_and_each_organisation_counts_anew(service: Service) -> None:
    last_year = {"signed_on": "2024-12-02", "months": 3, "amount_paid": YEARLY[0] // 4}
    assert (await post(service.ct, member(1, 1, **last_year), key="key-1")).status_code == 201
    assert (await post(service.ct, member(2, 1), key="key-2")).status_code == 201
    assert (await post(service.nl, member(3, 1, collector_code="NL-01"), key="key-3")).status_code == 201


@pytest.mark.parametrize("single", [True, False])
async def test_a_policy_makes_it_a_warning_that_replays_repeat(
    make_runtime: MakeRuntime, token_for: TokenFor, client_for: ClientFor, single: bool
) -> None:
    runtime = await make_runtime("enrolment", today=LAUNCH_DAY, household_order="warn")
    app = create_app(runtime)
    admin = await client_for(app, token_for(runtime, org="CT", scope=f"registry:write {WRITE}"))
    for code, name, level, parent in UNITS:
        await admin.put(f"/v1/units/{code}", json={"name": name, "level": level, "parent_code": parent})
    for code, organisation in COLLECTORS:
        await admin.put(f"/v1/organisations/{organisation}", json={"name": organisation})
        await admin.put(f"/v1/collectors/{code}", json={"name": "Lê Thị B", "organisation_code": organisation})
    for _ in range(2):
        answer = (await post(admin, member(1, 5))).json() if single else (await post_batch(admin, member(1, 5)))[0]
        [warning] = answer["warnings"]
        assert (warning["pointer"], warning["detail"][:20]) == ("/household/member_no", "number 1 is expected")
