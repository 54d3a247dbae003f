"""Targets are shared out to those below them, first as a preview, then as one act."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx

from tests.targets_api.builders import (
    CAM_THACH,
    TargetsService,
    a_collector,
    a_unit,
    an_ended_unit,
    sign_ups,
)

LAST_PERIOD = date(2025, 10, 24)
"""Within the twelve days before the period of a target of the builders."""


async def whole_of(service: TargetsService, unit: str = "CS-CT", **changes: Any) -> dict[str, Any]:
    """A target of 300 of the insurance unit above Cẩm Thạch (15142) and Cẩm Thủy (15127)."""
    return await service.target(**{"scope": {"unit_code": unit}, "value": 300, **changes})


async def share_out(service: TargetsService, target: dict[str, Any], **body: Any) -> httpx.Response:
    """Share it out, equally to the units below unless changed."""
    return await service.http.post(f"/v1/targets/{target['id']}/allocation", json={"to": "units", "by": "equal"} | body)


async def shared(service: TargetsService, target: dict[str, Any], **body: Any) -> dict[str, int]:
    """The shares of a preview by their codes."""
    answer = await share_out(service, target, dry_run=True, **body)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert sum(share["value"] for share in said["shares"]) == said["value"]
    return {_key(share["scope"], target["scope"]): share["value"] for share in said["shares"]}


def _key(scope: dict[str, str | None], of: dict[str, str | None]) -> str:
    return "/".join(str(code) for name, code in scope.items() if code != of[name])


def problem(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Status, type and the fields that are named."""
    said = answer.json()
    return answer.status_code, said["type"].rpartition("/")[2], [each["pointer"] for each in said.get("errors", ())]


async def test_a_preview_shows_what_is_then_set_as_one_act(service: TargetsService) -> None:
    whole = await whole_of(service, value=301, name="Q4")
    preview = await share_out(service, whole, dry_run=True)
    assert preview.status_code == 200
    assert (await service.http.get("/v1/targets", params={"parent_id": whole["id"]})).json()["items"] == []
    answer = await share_out(service, whole)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert [(s["scope"]["unit_code"], s["value"]) for s in said["shares"]] == [("15127", 151), (CAM_THACH, 150)]
    assert [s | {"target_id": None} for s in said["shares"]] == preview.json()["shares"]
    listed = (await service.http.get("/v1/targets", params={"parent_id": whole["id"]})).json()["items"]
    assert {target["id"] for target in listed} == {share["target_id"] for share in said["shares"]}
    kept = ("scheme", "measure", "starts_on", "ends_on", "name")
    assert all(target[name] == whole[name] for target in listed for name in kept)
    events = await service.published("drive.target.set")
    assert [str(event.data.parent_id) for event in events] == ["None", whole["id"], whole["id"]]


async def test_sent_again_shares_are_answered_as_they_stand(service: TargetsService) -> None:
    whole = await whole_of(service)
    first, again = await share_out(service, whole), await share_out(service, whole)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())


async def test_units_share_by_those_who_are_not_covered_yet(service: TargetsService) -> None:
    whole = await whole_of(service)
    await service.baseline(LAST_PERIOD, covered=700, population=1000)
    await service.baseline(LAST_PERIOD, covered=900, population=1000, unit="15127")
    assert await shared(service, whole, by="uncovered") == {CAM_THACH: 225, "15127": 75}
    await service.handle(sign_ups(100))
    assert await shared(service, whole, by="uncovered") == {CAM_THACH: 200, "15127": 100}


async def test_units_without_a_baseline_are_named_unless_their_shares_are_pinned(service: TargetsService) -> None:
    whole = await whole_of(service)
    await service.baseline(LAST_PERIOD)
    answer = await share_out(service, whole, by="uncovered")
    assert problem(answer) == (422, "shares-do-not-fit", ["/by"])
    assert "no baseline of household_health for 15127: PUT /v1/units/" in answer.json()["detail"]
    assert await shared(service, whole, by="uncovered", pinned={"15127": 40}) == {CAM_THACH: 260, "15127": 40}


async def test_each_kind_shares_by_the_result_of_the_period_before(service: TargetsService) -> None:
    await service.handle([a_unit("15130", "CS-CT"), a_collector("NL-01", "NL")])
    by_nl = {"organisation_code": "NL", "collector_code": "NL-01", "signed_on": LAST_PERIOD}
    await service.handle(
        [
            *sign_ups(3, signed_on=LAST_PERIOD, unit_code="15142-01"),
            *sign_ups(1, signed_on=LAST_PERIOD, collector_code="CT-08"),
            *sign_ups(2, **by_nl, unit_code="15127"),
            *sign_ups(9, signed_on=date(2025, 10, 21)),
            *sign_ups(9, signed_on=LAST_PERIOD, kind="renewal"),
        ]
    )
    in_unit = await whole_of(service)
    assert await shared(service, in_unit, by="last_result") == {"15127": 100, "15130": 0, CAM_THACH: 200}
    of_vnpost = await whole_of(service, scope={"organisation_code": "VNPOST"})
    assert await shared(service, of_vnpost, to="organisations", by="last_result") == {"CT": 200, "NL": 100}
    collectors = await shared(service, of_vnpost, to="collectors", by="last_result")
    assert collectors == {"CT-07": 150, "CT-08": 50, "NL-01": 100}
    both = await whole_of(service, scope={"unit_code": CAM_THACH, "organisation_code": "VNPOST"}, value=100)
    assert await shared(service, both, to="organisations", by="last_result") == {"CT": 100, "NL": 0}
    assert await shared(service, both, to="units", by="last_result") == {"15142-01": 100, "15142-02": 0}
    assert await shared(service, in_unit, to="organisations", by="last_result") == {"VNPOST": 300}


async def test_organisations_share_in_each_commune_by_who_signed_up_there(service: TargetsService) -> None:
    await service.handle([a_collector("NL-01", "NL")])
    by_nl = {"organisation_code": "NL", "collector_code": "NL-01", "signed_on": LAST_PERIOD}
    await service.handle([*sign_ups(3, signed_on=LAST_PERIOD), *sign_ups(1, **by_nl)])
    await service.baseline(LAST_PERIOD, covered=600, population=1000)
    await service.baseline(LAST_PERIOD, covered=800, population=1000, unit="15127")
    whole = await whole_of(service, unit="38")
    wanted = {"to": "organisations_per_unit", "among": ["ct", "NL"]}
    shares = await shared(service, whole, by="uncovered", **wanted)
    assert shares == {"15127/CT": 50, "15127/NL": 50, "15142/CT": 150, "15142/NL": 50}
    assert await shared(service, whole, by="last_result", **wanted) == {
        "15127/CT": 0,
        "15127/NL": 0,
        "15142/CT": 225,
        "15142/NL": 75,
    }
    pinned = await shared(service, whole, by="equal", **wanted, pinned={"15142/nl": 0})
    assert pinned == {"15127/CT": 86, "15127/NL": 86, "15142/CT": 128, "15142/NL": 0}
    assert await shared(service, whole, by="weights", weights={"15127": 1}, **wanted) == {
        "15127/CT": 150,
        "15127/NL": 150,
    }
    answer = await share_out(service, whole, by="last_result", **wanted)
    assert (answer.status_code, [share["target_id"] is None for share in answer.json()["shares"]]) == (
        201,
        [True, True, False, False],
    )
    set_ = (await service.http.get("/v1/targets", params={"parent_id": whole["id"]})).json()["items"]
    assert {(t["scope"]["unit_code"], t["scope"]["organisation_code"], t["value"]) for t in set_} == {
        (CAM_THACH, "CT", 225),
        (CAM_THACH, "NL", 75),
    }


async def test_those_who_have_a_weight_share_by_it(service: TargetsService) -> None:
    whole = await whole_of(service, value=100)
    by_weights = {"by": "weights", "weights": {"15142-01": 0.2, "15142-02": 0.1, "15127": 0.3}}
    assert await shared(service, whole, **by_weights) == {"15127": 50, "15142-01": 33, "15142-02": 17}
    assert await shared(service, whole, **by_weights, floor=25) == {"15127": 45, "15142-01": 30, "15142-02": 25}
    assert await shared(service, whole, **by_weights, cap=40) == {"15127": 40, "15142-01": 40, "15142-02": 20}


async def test_coverage_is_shared_out_in_the_new_sign_ups_that_are_missing(service: TargetsService) -> None:
    await service.baseline(LAST_PERIOD, unit="CS-CT")
    whole = await whole_of(service, measure="coverage", value=0.9515)
    answer = (await share_out(service, whole)).json()
    assert (answer["value"], answer["measure"]) == (5701, "new")
    set_ = (await service.http.get("/v1/targets", params={"parent_id": whole["id"]})).json()["items"]
    assert {(target["measure"], target["value"]) for target in set_} == {("new", 2851), ("new", 2850)}


async def test_a_stock_first_counted_within_its_period_is_shared_out_from_then_on(service: TargetsService) -> None:
    service.runtime.clock.pin(date(2025, 11, 10))
    await service.baseline(date(2025, 11, 5), unit="CS-CT")
    whole = await whole_of(service, measure="in_force", value=20_000)
    said = (await share_out(service, whole)).json()
    assert said["value"] == 298
    set_ = (await service.http.get("/v1/targets", params={"parent_id": whole["id"]})).json()["items"]
    assert {target["starts_on"] for target in set_} == {"2025-11-06"}


async def test_what_has_more_covered_than_it_asks_for_is_not_shared_out(service: TargetsService) -> None:
    await service.baseline(LAST_PERIOD, unit="CS-CT")
    whole = await whole_of(service, measure="coverage", value=0.5)
    assert problem(await share_out(service, whole)) == (422, "shares-do-not-fit", ["/to"])


async def test_units_that_end_before_the_period_does_have_no_share(service: TargetsService) -> None:
    await service.handle([an_ended_unit("15127", "CS-CT", date(2025, 11, 10), CAM_THACH)])
    assert await shared(service, await whole_of(service)) == {CAM_THACH: 300}


WRONG: list[tuple[dict[str, Any], int, str, str]] = [
    ({"by": "prospects"}, 422, "shares-do-not-fit", "/by"),
    ({"to": "organisations", "by": "uncovered"}, 422, "shares-do-not-fit", "/by"),
    ({"by": "last_result"}, 422, "shares-do-not-fit", "/by"),
    ({"by": "weights"}, 422, "shares-do-not-fit", "/weights"),
    ({"weights": {"15142": 1}}, 422, "shares-do-not-fit", "/weights"),
    ({"by": "weights", "weights": {"15142": 1, "38": 1}}, 422, "shares-do-not-fit", "/to"),
    ({"by": "weights", "weights": {"15142": 1, "15142-01": 1}}, 422, "shares-do-not-fit", "/to"),
    ({"by": "weights", "weights": {"15142": -1}}, 422, "invalid", "/weights/15142"),
    ({"to": "organisations", "among": ["CT", "ct"]}, 422, "shares-do-not-fit", "/among"),
    ({"by": "weights", "weights": {"99": 1}}, 409, "not-known-yet", "/weights/99"),
    ({"by": "weights", "weights": {"15142": 1}, "among": ["15142"]}, 422, "shares-do-not-fit", "/among"),
    ({"among": ["15142", "99"]}, 409, "not-known-yet", "/among/1"),
    ({"pinned": {"99": 1}}, 409, "not-known-yet", "/pinned/99"),
    ({"pinned": {"38": 1}}, 422, "shares-do-not-fit", "/pinned/38"),
    ({"pinned": {"15142": 301}}, 422, "shares-do-not-fit", "/pinned"),
    ({"floor": 151}, 422, "shares-do-not-fit", "/floor"),
    ({"cap": 149}, 422, "shares-do-not-fit", "/cap"),
    ({"to": "organisations_per_unit", "pinned": {"15142": 1}}, 422, "shares-do-not-fit", "/pinned"),
    ({"to": "villages"}, 422, "invalid", "/to"),
    ({"version": 2}, 409, "stale-version", "/version"),
    ({"replace": True, "version": 1}, 422, "invalid", "/reason"),
    ({"replace": True, "reason": "A new plan."}, 422, "invalid", "/version"),
]


async def test_what_cannot_be_shared_out_is_refused_and_nothing_is_set(service: TargetsService) -> None:
    whole = await whole_of(service)
    for body, status, code, pointer in WRONG:
        for dry_run in (True, False):
            answer = await share_out(service, whole, dry_run=dry_run, **body)
            assert problem(answer) == (status, code, [pointer]), body
    assert len(await service.rows("SELECT id FROM targets")) == 1


NOBODY: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"organisation_code": "CT"}, {"to": "units"}),
    ({"organisation_code": "CT"}, {"to": "organisations_per_unit"}),
    ({"organisation_code": "CT"}, {"to": "organisations"}),
    ({"unit_code": "15142-01"}, {"to": "units"}),
    ({"collector_code": "CT-07"}, {"to": "collectors"}),
    ({"organisation_code": "NL"}, {"to": "collectors"}),
    ({"organisation_code": "NL"}, {"to": "collectors", "among": ["CT-07"]}),
]


async def test_a_target_with_nobody_below_it_is_not_shared_out(service: TargetsService) -> None:
    for n, (scope, body) in enumerate(NOBODY):
        whole = await whole_of(service, scope=scope, name=f"Target {n}")
        assert problem(await share_out(service, whole, **body)) == (422, "shares-do-not-fit", ["/to"]), (scope, body)


async def test_what_was_withdrawn_is_over_or_unknown_is_not_shared_out(service: TargetsService) -> None:
    gone, over = await whole_of(service), await whole_of(service, starts_on="2025-09-01", ends_on="2025-09-30")
    withdrawal = {"version": 1, "reason": "Set by mistake."}
    await service.http.post(f"/v1/targets/{gone['id']}/withdrawal", json=withdrawal)
    assert problem(await share_out(service, gone))[:2] == (409, "target-withdrawn")
    assert problem(await share_out(service, over))[:2] == (409, "target-over")
    unknown = await share_out(service, {"id": "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01"})
    assert problem(unknown)[:2] == (404, "no-such-target")


async def test_a_target_that_stands_for_itself_is_not_made_a_share(service: TargetsService) -> None:
    whole = await whole_of(service)
    await service.target(scope={"unit_code": CAM_THACH}, value=150)
    answer = await share_out(service, whole)
    assert problem(answer) == (409, "target-differs", ["/parent_id"])
    assert len(await service.rows("SELECT id FROM targets")) == 2
    assert (await share_out(service, whole, name="Shares of Q4")).status_code == 201
