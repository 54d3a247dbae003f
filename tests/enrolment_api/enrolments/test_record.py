"""A sign-up is recorded once, whatever is sent how often and by whom at the same time."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from enrolment_api.enrolments.enrolment_view import EnrolmentView
from services.contracts.enrolment import EnrolmentRecorded
from services.contracts.events import EVENT
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import WRITE, Service, a_participant, a_sign_up, a_voluntary_sign_up, post, post_batch

NOTE_EACH_INSERT = (
    "CREATE TABLE inserted (n bigint GENERATED ALWAYS AS IDENTITY, external_ref text)",
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN INSERT INTO inserted (external_ref) VALUES (NEW.external_ref); RETURN NEW; END $$",
    "CREATE TRIGGER note BEFORE INSERT ON enrolments FOR EACH ROW EXECUTE FUNCTION note()",
)


async def test_sign_up_is_answered_with_its_kind_cover_and_contribution(service: Service) -> None:
    answer = await post(service.ct, a_sign_up())
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/enrolments/{body['id']}"
    assert "idempotent-replayed" not in answer.headers
    assert (body["status"], body["kind"]) == ("recorded", "new")
    assert (body["covered_from"], body["covered_to"]) == ("2025-11-24", "2026-11-23")
    assert body["contribution"] == {
        "due": 1263600,
        "state_support": 0,
        "local_support": 0,
        "payable": 1263600,
    }
    assert EnrolmentView.model_validate_json(answer.content).warnings == []


async def test_sign_up_in_a_village_counts_there(service: Service) -> None:
    answer = await post(service.ct, a_sign_up(unit_code="15142-01"))
    assert (answer.status_code, answer.json()["unit_code"]) == (201, "15142-01")


async def test_contradiction_with_the_personal_id_is_accepted_with_a_warning(service: Service) -> None:
    answer = await post(service.ct, a_sign_up(participant=a_participant(sex="female")))
    assert answer.status_code == 201
    assert [warning["pointer"] for warning in answer.json()["warnings"]] == ["/participant/sex"]


async def test_same_request_again_gets_the_first_answer(service: Service) -> None:
    first, again = await post(service.ct, a_sign_up()), await post(service.ct, a_sign_up())
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await service.events()) == 1


async def test_replay_is_recognised_by_content_and_not_by_spelling(service: Service) -> None:
    first = await post(service.ct, a_sign_up())
    respelt = dict(reversed(a_sign_up(participant=a_participant(phone="+84 912 345 678")).items()))
    again = await post(service.ct, respelt, "another-key")
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"


async def test_replay_of_a_monthly_sign_up_does_not_become_a_renewal(service: Service) -> None:
    first, again = [await post(service.ct, a_voluntary_sign_up()) for _ in range(2)]
    assert again.content == first.content
    assert len(await service.rows("SELECT id FROM enrolments")) == 1


async def test_replay_is_answered_even_when_it_would_be_refused_by_now(service: Service) -> None:
    first = await post(service.ct, a_sign_up())
    moved = await service.ops.put("/v1/collectors/CT-07", json={"name": "Lê Thị B", "organisation_code": "NL"})
    assert moved.status_code == 200
    assert (await post(service.ct, a_sign_up())).content == first.content


@pytest.mark.parametrize("sign_up", [a_sign_up(), a_voluntary_sign_up()])
@pytest.mark.parametrize("day", [date(2025, 10, 26), date(2025, 12, 1), date(2027, 6, 1)])
async def test_replay_on_a_later_day_gets_the_first_answer(
    service: Service, sign_up: dict[str, Any], day: date
) -> None:
    """The next day, while the cover runs, and long after it has ended."""
    first = await post(service.ct, sign_up)
    service.runtime.clock.pin(day)
    assert (await post(service.ct, sign_up)).content == first.content
    (item,) = await post_batch(service.ct, sign_up)
    assert (item["status"], item["id"], item["replayed"]) == (201, first.json()["id"], True)
    assert len(await service.events()) == 1


async def test_key_with_another_body_is_refused(service: Service) -> None:
    await post(service.ct, a_sign_up(1), "one-key")
    answer = await post(service.ct, a_sign_up(2), "one-key")
    assert (answer.status_code, answer.json()["type"]) == (422, "http://test/problems/idempotency-key-reused")
    assert answer.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"


async def test_reference_with_another_body_is_refused(service: Service) -> None:
    await post(service.ct, a_sign_up(1), "key-1")
    answer = await post(service.ct, a_sign_up(2, external_ref="CT-0001"), "key-2")
    assert (answer.status_code, answer.json()["type"]) == (409, "http://test/problems/external-ref-taken")
    assert answer.json()["errors"][0]["pointer"] == "/external_ref"


async def test_keys_and_references_are_each_organisations_own(service: Service) -> None:
    first = await post(service.ct, a_sign_up(1), "same-key")
    other = await post(service.nl, a_sign_up(2, external_ref="CT-0001", collector_code="NL-01"), "same-key")
    assert (first.status_code, other.status_code) == (201, 201)


async def test_person_who_is_covered_cannot_be_signed_up_again(service: Service) -> None:
    await post(service.ct, a_sign_up(), "key-1")
    answer = await post(service.nl, a_sign_up(external_ref="NL-1", collector_code="NL-01"), "key-2")
    assert (answer.status_code, answer.json()["type"]) == (409, "http://test/problems/already-covered")
    assert "2026-09-24" in answer.json()["detail"]


async def test_cover_can_be_renewed_before_it_ends(service: Service) -> None:
    await post(service.ct, a_sign_up(), "key-1")
    service.runtime.clock.pin(date(2026, 9, 24))
    renewal = a_sign_up(external_ref="CT-R", signed_on="2026-09-24", amount_paid=1_366_200)
    body = (await post(service.ct, renewal, "key-2")).json()
    assert (body["kind"], body["covered_from"], body["covered_to"]) == ("renewal", "2026-11-24", "2027-11-23")


async def test_one_person_may_be_in_both_schemes(service: Service) -> None:
    health = await post(service.ct, a_sign_up(), "key-1")
    voluntary = await post(service.ct, a_voluntary_sign_up(external_ref="CT-V"), "key-2")
    assert (health.status_code, voluntary.status_code, voluntary.json()["kind"]) == (201, 201, "new")


async def test_twenty_identical_requests_at_once_make_one_row(service: Service) -> None:
    answers = await asyncio.gather(*(post(service.ct, a_sign_up()) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
    assert len(await service.rows("SELECT id FROM enrolments")) == len(await service.events()) == 1


async def test_identical_batches_at_once_make_one_row_each(service: Service) -> None:
    items = [a_sign_up(number) for number in range(1, 51)]
    answers = await asyncio.gather(*(post_batch(service.ct, *items) for _ in range(4)))
    assert {item["status"] for answer in answers for item in answer} == {201}
    assert sum(not item.get("replayed") for answer in answers for item in answer) == 50
    assert len(await service.rows("SELECT id FROM enrolments")) == len(await service.events()) == 50


async def test_of_two_organisations_that_race_for_a_person_one_wins(service: Service) -> None:
    of_ct = [a_sign_up(number) for number in range(1, 31)]
    of_nl = [a_sign_up(n, external_ref=f"NL-{n}", collector_code="NL-01") for n in range(30, 0, -1)]
    won, lost = await asyncio.gather(post_batch(service.ct, *of_ct), post_batch(service.nl, *of_nl))
    statuses = sorted(item["status"] for item in won + lost)
    assert statuses == [201] * 30 + [409] * 30
    people = await service.rows("SELECT DISTINCT participant_id FROM enrolments")
    assert len(people) == len(await service.rows("SELECT id FROM enrolments")) == 30


async def test_rows_go_in_by_scheme_and_person_whatever_the_order_of_a_batch(service: Service) -> None:
    """So that two batches of the same people wait for each other one way only."""
    health = [a_sign_up(number) for number in (1, 2)]
    voluntary = [a_voluntary_sign_up(number, external_ref=f"V-{number}") for number in (1, 2)]
    async with service.runtime.database.write() as session:
        for statement in NOTE_EACH_INSERT:
            await session.execute(text(statement))
    await post_batch(service.ct, *reversed(health + voluntary))
    rows = await service.rows("SELECT external_ref FROM inserted ORDER BY n")
    assert [row["external_ref"] for row in rows] == ["CT-0001", "CT-0002", "V-1", "V-2"]


async def test_race_of_single_requests_has_one_winner(service: Service) -> None:
    of_nl = a_sign_up(external_ref="NL-1", collector_code="NL-01")
    answers = await asyncio.gather(post(service.ct, a_sign_up()), post(service.nl, of_nl))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_events_equal_the_rows_and_hold_no_personal_data(service: Service) -> None:
    requests = [a_sign_up(1), a_sign_up(2), a_voluntary_sign_up(3)]
    answered = await post_batch(service.ct, *requests)
    bodies = await service.events()
    events = [event for body in bodies if isinstance(event := EVENT.validate_json(body), EnrolmentRecorded)]
    assert {str(event.data.enrolment_id) for event in events} == {item["id"] for item in answered}
    assert all(event.subject == str(event.data.enrolment_id) for event in events)
    rows = await service.rows(
        "SELECT id AS enrolment_id, organisation_code, collector_code, unit_code, scheme, kind, signed_on, months,"
        " covered_from, covered_to, amount_paid, channel, campaign_code FROM enrolments ORDER BY id"
    )
    facts = sorted((event.data.model_dump() for event in events), key=lambda each: str(each["enrolment_id"]))
    assert facts == rows
    for value in _personal_values(requests):
        assert value not in "".join(bodies)


async def test_refusals_hold_no_personal_data(service: Service) -> None:
    await post(service.ct, a_sign_up(), "key-1")
    wrong = [
        a_sign_up(external_ref="twice"),
        a_sign_up(2, participant=a_participant(personal_id="038080X")),
        a_sign_up(3, participant=a_participant(phone="12345")),
        a_sign_up(4, participant=a_participant(full_name="Trần\nVăn B")),
        a_sign_up(5, participant=a_participant(born_on="2025-10-26")),
    ]
    answer = json.dumps(await post_batch(service.ct, *wrong), ensure_ascii=False)
    for value in {*_personal_values([a_sign_up()]), "038080X", "12345", "Trần", "2025-10-26"}:
        assert f'"{value}"' not in answer
        assert f" {value}" not in answer


@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        ("ALTER TABLE enrolments DROP COLUMN receipt_no", 503, "receipt_no"),
        ("ALTER TABLE enrolments ADD CONSTRAINT never CHECK (months < 0)", 500, "never"),
        ("ALTER TABLE enrolments ALTER receipt_no TYPE varchar(3)", 500, "StringDataRightTruncationError"),
    ],
    ids=["temporary", "a constraint", "the data"],
)
async def test_an_internal_failure_is_logged_without_personal_data(
    service: Service, capsys: pytest.CaptureFixture[str], fault: str, status: int, expected: str
) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(text(fault))
    assert (await post(service.ct, a_sign_up())).status_code == status
    logged = "".join(capsys.readouterr())
    assert expected in logged
    for value in _personal_values([a_sign_up()]):
        assert value not in logged


async def test_event_carries_the_id_of_its_request(service: Service) -> None:
    await post(service.ct, a_sign_up(), **{"X-Request-Id": "partner-request-1"})
    (body,) = await service.events()
    assert json.loads(body)["correlationid"] == "partner-request-1"


async def test_commit_wakes_the_relay_of_the_process(service: Service) -> None:
    service.runtime.database.committed_events.clear()
    await post(service.ct, a_sign_up())
    assert service.runtime.database.committed_events.is_set()


async def test_person_is_masked_without_the_scope_for_personal_data(
    service: Service, token_for: TokenFor, client_for: ClientFor
) -> None:
    url = (await post(service.ct, a_sign_up())).headers["location"]
    seeing = await client_for(service.app, token_for(service.runtime, org="CT", scope=f"{WRITE} participants:read"))
    masked, clear = await service.ct.get(url), await seeing.get(url)
    assert clear.json()["participant"] == a_participant()
    for value in _personal_values([a_sign_up()]):
        assert value not in masked.text


async def test_other_organisations_sign_up_is_not_there(service: Service) -> None:
    url = (await post(service.ct, a_sign_up())).headers["location"]
    assert (await service.nl.get(url)).status_code == 404
    assert (await service.nl.get("/v1/enrolments")).json() == {"items": [], "next": None}


async def test_own_sign_ups_are_listed_page_by_page(service: Service) -> None:
    made = await post_batch(service.ct, *(a_sign_up(n) for n in range(1, 6)))
    listed: list[str] = []
    after: dict[str, Any] = {}
    while True:
        page = (await service.ct.get("/v1/enrolments", params={"limit": 2, **after})).json()
        listed += [item["id"] for item in page["items"]]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert sorted(listed) == listed
    assert set(listed) == {item["id"] for item in made}


async def test_list_is_filtered_by_each_field(service: Service) -> None:
    early = a_sign_up(2, unit_code="15142-01", signed_on="2025-10-01")
    await post_batch(service.ct, a_sign_up(1), early)

    async def found(**params: str) -> list[str]:
        page = (await service.ct.get("/v1/enrolments", params=params)).json()
        return [item["external_ref"] for item in page["items"]]

    assert await found(unit_code="15142-01") == ["CT-0002"]
    assert await found(external_ref="CT-0001") == ["CT-0001"]
    assert await found(signed_from="2025-10-02") == ["CT-0001"]
    assert await found(signed_to="2025-10-02") == ["CT-0002"]
    assert await found(collector_code="NL-01") == []


def _personal_values(sign_ups: list[dict[str, Any]]) -> set[str]:
    return {value for s in sign_ups for name, value in s["participant"].items() if name != "sex"}
