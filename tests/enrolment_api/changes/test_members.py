"""Members of a household when sign-ups of theirs are cancelled and corrected: nobody else's number moves."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from tests.enrolment_api.changes.test_changes import change, changed
from tests.enrolment_api.conftest import Service, a_participant, post
from tests.enrolment_api.enrolments.test_households import YEARLY, member

HALF_YEAR = {"months": 6, "amount_paid": YEARLY[0] // 2, "signed_on": "2025-02-03"}
OTHER_HOUSEHOLD = {"code": "15142-HH-0043", "member_no": 1}


async def recorded(service: Service, sign_up: dict[str, Any]) -> dict[str, Any]:
    """The sign-up, under a key of its own."""
    answer = await post(service.ct, sign_up, key=f"key-{sign_up['external_ref']}")
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refusal(service: Service, sign_up: dict[str, Any]) -> str:
    """What is said of a number that does not fit."""
    answer = await post(service.ct, sign_up, key=f"key-{sign_up['external_ref']}")
    assert answer.json()["type"].endswith("/wrong-member-number"), answer.text
    detail: str = answer.json()["detail"]
    return detail


@pytest_asyncio.fixture
async def three(service: Service) -> list[dict[str, Any]]:
    """Members 1 to 3, each for a year."""
    return [await recorded(service, member(number, number)) for number in (1, 2, 3)]


async def test_the_number_of_a_member_who_is_cancelled_is_free_for_them_and_for_others(
    service: Service, three: list[dict[str, Any]]
) -> None:
    await changed(service.ct, three[0], "cancellation", reason="A mistake")
    assert "number 1 is expected" in await refusal(service, member(1, 4, external_ref="again"))
    await recorded(service, member(4, 1))
    assert "number 4 is expected" in await refusal(service, member(1, 1, external_ref="again"))
    await recorded(service, member(1, 4, external_ref="again"))


async def test_the_others_keep_their_numbers_when_they_are_corrected_after_one_has_left(
    service: Service, three: list[dict[str, Any]]
) -> None:
    await changed(service.ct, three[0], "cancellation", reason="A mistake")
    renamed = {"participant": {"full_name": "Nguyễn Văn Bình"}}
    second = await changed(service.ct, three[1], "correction", reason="Misspelt", changes=renamed)
    assert second["household"]["member_no"] == 2
    answer = await change(
        service.ct, three[2], "correction", reason="?", changes={"household": {"code": "15142-HH-0042", "member_no": 2}}
    )
    assert (answer.status_code, "number 1 is expected" in answer.text) == (422, True)
    first = {"household": {"code": "15142-HH-0042", "member_no": 1}, "amount_paid": YEARLY[0]}
    third = await changed(service.ct, three[2], "correction", reason="Pays as the first", changes=first)
    assert third["household"]["member_no"] == 1
    assert "number 3 is expected" in await refusal(service, member(5, 1))


async def test_a_sign_up_corrected_to_another_person_keeps_its_number(
    service: Service, three: list[dict[str, Any]]
) -> None:
    await changed(service.ct, three[0], "cancellation", reason="A mistake")
    person = {"participant": {"personal_id": a_participant(9)["personal_id"]}}
    second = await changed(service.ct, three[1], "correction", reason="Another person", changes=person)
    assert second["household"]["member_no"] == 2
    await recorded(service, member(2, 1, external_ref="again"))


@pytest.mark.parametrize("step", ["cancellation", "correction"])
async def test_who_has_signed_up_twice_stays_a_member_by_what_is_left(service: Service, step: str) -> None:
    first = await recorded(service, member(1, 1, **HALF_YEAR))
    second = await recorded(service, member(1, 1, external_ref="again"))
    body = {} if step == "cancellation" else {"changes": {"household": OTHER_HOUSEHOLD}}
    await changed(service.ct, first, step, reason="A mistake", **body)
    assert "number 2 is expected" in await refusal(service, member(2, 1))
    await changed(service.ct, second, "cancellation", reason="A mistake")
    await recorded(service, member(2, 1))


async def test_a_first_sign_up_of_two_may_turn_out_to_be_of_another_person(service: Service) -> None:
    first = await recorded(service, member(1, 1, **HALF_YEAR))
    await recorded(service, member(1, 1, external_ref="again"))
    person = {"participant": {"personal_id": a_participant(9)["personal_id"]}}
    corrected = await changed(service.ct, first, "correction", reason="Another person", changes=person)
    assert corrected["household"]["member_no"] == 1
    assert "number 2 is expected" in await refusal(service, member(2, 1))
