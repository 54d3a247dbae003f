"""Enrolment's side of reconciliation: totals that follow the rows, summaries, and events published again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from enrolment_api.people.keys import PeopleKeys
from enrolment_api.reconciliation import summaries
from enrolment_api.reconciliation.consumers import HANDLERS
from enrolment_api.reconciliation.resends import resend
from services.clock import Clock
from services.context import context_of
from services.contracts.checksums import MODULUS, checksum_of
from services.contracts.enrolment import EnrolmentEvent, EnrolmentRecorded
from services.contracts.events import EVENT
from services.contracts.reconciliation import DaySummary, EnrolmentSummary, ResendFacts, ResendRequested
from services.contracts.sources import ENROLMENT_SOURCE, TARGETS_SOURCE
from services.ids import new_id
from services.reconciliation import resends, totals
from services.reconciliation.comparison import Total
from services.security.keys import load_secret_keys
from tests.enrolment_api.conftest import LAUNCH_DAY, Service, a_participant, a_sign_up, post_batch

HOUR = timedelta(hours=1)
NOTHING = timedelta(0)


async def _sign_up(service: Service, first: int, count: int, signed_on: str = "2025-10-25") -> None:
    items = [
        a_sign_up(n, signed_on=signed_on, participant=a_participant(n), household={"code": f"H{n}", "member_no": 1})
        for n in range(first, first + count)
    ]
    answers = await post_batch(service.ct, *items)
    assert {answer["status"] for answer in answers} == {201}, answers


async def _published(service: Service) -> list[EnrolmentRecorded]:
    events = [EVENT.validate_json(body) for body in await service.events()]
    return [event for event in events if isinstance(event, EnrolmentRecorded)]


def _totals_of(events: Sequence[EnrolmentEvent]) -> dict[date, Total]:
    found: dict[date, Total] = defaultdict(Total)
    for event in events:
        before = found[event.data.signed_on]
        checksum = (before.checksum + checksum_of(event.data)) % MODULUS
        found[event.data.signed_on] = Total(before.n + 1, checksum)
    return dict(found)


async def _kept(service: Service) -> dict[date, Total]:
    async with service.runtime.database.read() as session:
        return await totals.by_day(session)


async def _execute(service: Service, statement: str) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(text(statement))


async def _ask(service: Service, **what: Any) -> None:
    facts = ResendFacts(**({"addressee": ENROLMENT_SOURCE} | what))
    request = ResendRequested(
        id=new_id(),
        source=TARGETS_SOURCE,
        subject=facts.addressee,
        time=service.runtime.clock.now(),
        correlationid="the-summary",
        data=facts,
    )
    handle = HANDLERS[type(request)]
    async with service.runtime.database.write() as work:
        await handle(work, context_of(service.runtime.clock, request.correlationid), [request])


async def _resend(service: Service) -> None:
    runtime = service.runtime
    keys = PeopleKeys(load_secret_keys(runtime.settings))
    await resend(runtime.database, keys, runtime.clock, runtime.metrics)


async def _summary(service: Service) -> list[EnrolmentSummary]:
    events = [EVENT.validate_json(body) for body in await service.events("drive.enrolment.summary.v1")]
    return [event for event in events if isinstance(event, EnrolmentSummary)]


async def test_the_id_of_an_event_is_that_of_its_enrolment(service: Service) -> None:
    await _sign_up(service, 1, 3)
    assert all(event.id == event.data.enrolment_id for event in await _published(service))


async def test_totals_are_those_of_the_published_events_before_and_after_folding(service: Service) -> None:
    await _sign_up(service, 1, 3)
    await _sign_up(service, 4, 2, "2025-10-24")
    await _sign_up(service, 6, 2)
    expected = _totals_of(await _published(service))
    assert await _kept(service) == expected
    await totals.fold(service.runtime.database)
    assert await service.rows("SELECT * FROM fact_day_deltas") == []
    assert await _kept(service) == expected
    await _sign_up(service, 8, 2)
    await totals.fold(service.runtime.database)
    assert await _kept(service) == _totals_of(await _published(service))


async def test_totals_follow_rows_that_a_person_deletes_and_a_table_that_is_emptied(service: Service) -> None:
    await _sign_up(service, 1, 3)
    await totals.fold(service.runtime.database)
    await _execute(service, "DELETE FROM enrolments WHERE external_ref <> 'CT-0001'")
    [left] = [e for e in await _published(service) if str(e.id) == str((await service.rows(_IDS))[0]["id"])]
    assert await _kept(service) == _totals_of([left])
    await _execute(service, "TRUNCATE enrolments, enrolment_changes")
    assert await _kept(service) == {}


_IDS = "SELECT id FROM enrolments"


async def test_a_sign_up_of_the_version_before_is_in_no_summary_and_never_published_again(service: Service) -> None:
    await _sign_up(service, 1, 2)
    await _execute(service, "UPDATE enrolments SET checksum = NULL WHERE external_ref = 'CT-0001'")
    assert {day: total.n for day, total in (await _kept(service)).items()} == {LAUNCH_DAY: 1}
    await _execute(service, "TRUNCATE outbox")
    await _ask(service, days=(LAUNCH_DAY,))
    await _resend(service)
    [event] = await _published(service)
    [row] = await service.rows("SELECT id FROM enrolments WHERE external_ref = 'CT-0002'")
    assert event.id == row["id"]


async def test_what_was_changed_is_published_again_as_it_is_now(service: Service) -> None:
    await _sign_up(service, 1, 3)
    ids = [row["id"] for row in await service.rows(f"{_IDS} ORDER BY external_ref")]
    cancellation = {"version": 1, "reason": "A test"}
    correction = {**cancellation, "changes": {"unit_code": "15142-01", "signed_on": "2025-10-24"}}
    for enrolment_id, what, body in ((ids[0], "correction", correction), (ids[1], "cancellation", cancellation)):
        answer = await service.ct.post(f"/v1/enrolments/{enrolment_id}/{what}", json=body)
        assert answer.status_code == 200, answer.text
    before = await _all_published(service)
    newest = {event.data.enrolment_id: event for event in before}
    assert await _kept(service) == _totals_of([*newest.values()])
    await _execute(service, "TRUNCATE outbox")
    await _ask(service, days=(LAUNCH_DAY, date(2025, 10, 24)))
    await _resend(service)
    again = {event.data.enrolment_id: event for event in await _all_published(service)}
    assert {key: (e.type, e.id, e.time, e.data) for key, e in again.items()} == {
        key: (e.type, e.id, e.time, e.data) for key, e in newest.items()
    }


async def _all_published(service: Service) -> list[EnrolmentEvent]:
    rows = await service.rows("SELECT body FROM outbox WHERE type LIKE 'drive.enrolment.%' ORDER BY seq")
    return [event for row in rows if isinstance(event := EVENT.validate_json(row["body"]), EnrolmentEvent)]


async def test_a_summary_has_every_day_and_the_registry(service: Service) -> None:
    await _sign_up(service, 1, 3)
    await _sign_up(service, 4, 2, "2025-10-24")
    await summaries.summarise(service.runtime.database, service.runtime.clock, HOUR)
    [summary] = await _summary(service)
    found = {day.day: Total(day.n, day.checksum) for day in summary.data.days}
    assert found == _totals_of(await _published(service))
    assert (summary.data.from_day, summary.data.until_day) == (None, None)
    assert {each.kind: each.n for each in summary.data.registry} == {"unit": 3, "organisation": 2, "collector": 2}


async def test_of_two_processes_one_summarises_in_an_interval(service: Service) -> None:
    for interval in (HOUR, HOUR, NOTHING):
        await summaries.summarise(service.runtime.database, service.runtime.clock, interval)
    assert len(await _summary(service)) == 2


def test_very_many_days_are_published_in_ranges_without_gaps() -> None:
    days = [DaySummary(day=date(2015, 1, 1) + timedelta(days=n), n=1, checksum=n) for n in range(2500)]
    ranges = summaries.ranges_of(days)
    assert [day for facts in ranges for day in facts.days] == days
    assert [facts.from_day for facts in ranges] == [None, *[facts.until_day for facts in ranges][:-1]]
    assert ranges[-1].until_day is None
    assert all(facts.from_day is None or facts.days[0].day == facts.from_day for facts in ranges)
    assert all(facts.until_day is None or facts.days[-1].day < facts.until_day for facts in ranges)


async def test_a_day_is_published_again_as_it_was(service: Service) -> None:
    await _sign_up(service, 1, 3)
    await _sign_up(service, 4, 2, "2025-10-24")
    before = {e.id: e for e in await _published(service) if e.data.signed_on == LAUNCH_DAY}
    await _execute(service, "TRUNCATE outbox")
    await _ask(service, days=(LAUNCH_DAY,))
    await _resend(service)
    again = {event.id: event for event in await _published(service)}
    assert {i: e.model_copy(update={"correlationid": ""}) for i, e in again.items()} == {
        i: e.model_copy(update={"correlationid": ""}) for i, e in before.items()
    }
    assert await service.rows("SELECT * FROM resends") == []


async def test_a_resend_that_stops_half_way_goes_on_where_it_was(service: Service, monkeypatch: Any) -> None:
    await _sign_up(service, 1, 7)
    await _execute(service, "TRUNCATE outbox")
    monkeypatch.setattr(resends, "EVENTS_PER_PAGE", 2)
    monkeypatch.setattr(resends, "MOST_WAITING", 4)
    await _ask(service, days=(LAUNCH_DAY,))
    await _resend(service)
    first = [event.id for event in await _published(service)]
    assert len(first) == 4
    await _ask(service, days=(LAUNCH_DAY,))
    await _execute(service, "TRUNCATE outbox")
    for _ in range(2):
        await _resend(service)
    rest = [event.id for event in await _published(service)]
    assert sorted(first + rest) == [row["id"] for row in await service.rows("SELECT id FROM enrolments ORDER BY id")]


async def test_the_registry_is_published_again_under_the_ids_it_had(service: Service) -> None:
    types = [f"drive.registry.{kind}.v1" for kind in summaries.KINDS]
    before = [sorted([EVENT.validate_json(body).id for body in await service.events(each)]) for each in types]
    await _execute(service, "TRUNCATE outbox")
    await _ask(service, registry=summaries.KINDS)
    await _resend(service)
    again = [sorted([EVENT.validate_json(body).id for body in await service.events(each)]) for each in types]
    assert again == before
    assert all(before)


async def test_units_that_ended_and_collectors_who_moved_are_published_again_as_they_are(service: Service) -> None:
    body = {"name": "Xã Cẩm Thủy", "level": "commune", "parent_code": "38", "valid_from": "2025-10-20"}
    await service.ops.put("/v1/units/15127", json=body)
    await service.ops.post("/v1/units/15142/succession", json={"on": "2025-10-20", "successors": ["15127"]})
    moved = {"name": "Lê Thị B", "organisation_code": "NL", "from": "2025-10-20"}
    await service.ops.put("/v1/collectors/CT-07", json=moved)
    before = await _newest_facts(service)
    assert before["15142"]["successors"] == ["15127"]
    assert before["CT-07"]["since"] == "2025-10-20"
    await _execute(service, "TRUNCATE outbox")
    await _ask(service, registry=summaries.KINDS)
    await _resend(service)
    assert await _newest_facts(service) == before


async def _newest_facts(service: Service) -> dict[str, Any]:
    """What was published of each entry of the registry last."""
    bodies = [body for kind in summaries.KINDS for body in await service.events(f"drive.registry.{kind}.v1")]
    return {event["subject"]: event["data"] for event in map(json.loads, bodies)}


async def test_a_request_to_another_source_is_passed_over(service: Service) -> None:
    await _ask(service, addressee=TARGETS_SOURCE, days=(LAUNCH_DAY,), registry=("unit",))
    assert await service.rows("SELECT * FROM resends") == []


async def test_a_summary_reads_no_sign_ups(service: Service) -> None:
    await _sign_up(service, 1, 5)
    await totals.fold(service.runtime.database)
    clock: Clock = service.runtime.clock
    async with service.runtime.database.write() as work:
        await work.execute(text("LOCK TABLE enrolments IN ACCESS EXCLUSIVE MODE"))
        await summaries.summarise(service.runtime.database, clock, HOUR)
    [summary] = await _summary(service)
    assert [day.n for day in summary.data.days] == [5]
